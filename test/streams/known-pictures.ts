import { createHash } from 'node:crypto'
import { CODECS, type Codec, type NalUnit } from '../../simulator/imaging/codec.ts'
import { loadScenes } from '../../simulator/imaging/scene.ts'

/** Where in the simulator's scenes a picture stands. */
export interface Place {
  readonly scene: string
  readonly index: number
  /** How many pictures the scene has before it begins anew. */
  readonly length: number
}

/** Recognises the simulator's pictures by their slices, bit for bit. */
export class KnownPictures {
  readonly sceneNames: readonly string[]
  readonly #places: ReadonlyMap<string, Place>

  private constructor(sceneNames: readonly string[], places: ReadonlyMap<string, Place>) {
    this.sceneNames = sceneNames
    this.#places = places
  }

  static async load(): Promise<KnownPictures> {
    const scenes = await loadScenes()
    const entries = scenes.flatMap((scene) =>
      [scene, scene.sub, scene.h265].flatMap(({ codec, accessUnits }) =>
        accessUnits.map(({ nalUnits }, index): [string, Place] => [
          keyOf(nalUnits, codec),
          { scene: scene.name, index, length: accessUnits.length },
        ]),
      ),
    )
    const places = new Map(entries)
    if (places.size !== entries.length) throw new Error('Two pictures of the scenes are the same')
    return new KnownPictures(
      scenes.map(({ name }) => name),
      places,
    )
  }

  /** Undefined for a picture that is none of ours, or was changed on its way. */
  placeOf(picture: readonly NalUnit[], codec: Codec): Place | undefined {
    return this.#places.get(keyOf(picture, codec))
  }
}

function keyOf(picture: readonly NalUnit[], codec: Codec): string {
  const hash = createHash('sha256').update(codec)
  for (const unit of picture) if (CODECS[codec].isSlice(unit)) hash.update(unit)
  return hash.digest('base64')
}
