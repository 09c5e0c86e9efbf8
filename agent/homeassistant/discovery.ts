import { VERSION } from '../base/version.ts'
import type { CameraFacts } from '../protocol/camera.ts'
import type { Id } from '../protocol/envelope.ts'
import { agentTopic, cameraTopics, type SensorKind } from './topics.ts'

/** What is shown of one camera. */
export interface ShownCamera {
  readonly camera: Id
  readonly facts: Pick<CameraFacts, 'name' | 'manufacturer' | 'model' | 'firmware' | 'serial' | 'hardwareId'>
  /** Those that the camera is known to tell, in any order. */
  readonly kinds: readonly SensorKind[]
  /** `gone`: it was shown once, and is taken away by a component that names its platform alone. */
  readonly snapshot: 'shown' | 'gone' | 'never'
}

const SENSORS: Readonly<Record<SensorKind, object>> = {
  motion: { name: 'Motion', dev_cla: 'motion' },
  person: { name: 'Person', dev_cla: 'occupancy', ic: 'mdi:walk' },
  vehicle: { name: 'Vehicle', ic: 'mdi:car' },
}

/**
 * The device discovery payload of Home Assistant's MQTT integration ("Device discovery payload"): one retained message
 * per device, its entities in `cmps`. The MAC addresses stay out: Home Assistant would take the channels of one NVR, which
 * share them, for one device.
 */
export function discoveryOf(shown: ShownCamera, agent: Id, discoveryPrefix: string): object {
  const { camera, facts, kinds, snapshot } = shown
  const topics = cameraTopics(discoveryPrefix, agent, camera)
  const agentThere = { t: agentTopic(agent) }
  const cameraThere = { t: topics.online, pl_avail: 'ON', pl_not_avail: 'OFF' }
  const onlyWhileThere = { avty: [agentThere, cameraThere], avty_mode: 'all' }
  const idOf = (component: string) => ({ uniq_id: `lenscap_${camera}_${component}` })
  const sensors = kinds.map((kind) => {
    const sensor = { p: 'binary_sensor', ...SENSORS[kind], ...idOf(kind), stat_t: topics.sensor(kind) }
    return [kind, { ...sensor, ...onlyWhileThere }] as const
  })
  const image = { p: 'image', name: 'Snapshot', ...idOf('snapshot'), image_topic: topics.snapshot }
  return {
    dev: {
      ids: [`lenscap_${camera}`],
      name: facts.name,
      mf: facts.manufacturer,
      mdl: facts.model,
      sw: facts.firmware,
      sn: facts.serial,
      hw: facts.hardwareId,
    },
    o: { name: 'Lenscap', sw: VERSION },
    avty: [agentThere],
    qos: 1,
    cmps: {
      ...Object.fromEntries(sensors),
      online: {
        p: 'binary_sensor',
        name: 'Online',
        dev_cla: 'connectivity',
        ent_cat: 'diagnostic',
        ...idOf('online'),
        stat_t: topics.online,
      },
      diagnosis: {
        p: 'sensor',
        name: 'Diagnosis',
        ic: 'mdi:stethoscope',
        ent_cat: 'diagnostic',
        ...idOf('diagnosis'),
        stat_t: topics.diagnosis,
        json_attr_t: topics.details,
      },
      ...(snapshot === 'shown' && { snapshot: { ...image, content_type: 'image/jpeg', ...onlyWhileThere } }),
      ...(snapshot === 'gone' && { snapshot: { p: 'image' } }),
    },
  }
}
