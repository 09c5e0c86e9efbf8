import * as z from 'zod'

/** The fields that Home Assistant's pages document for each platform, strictly: it refuses a payload with others. */
const Availability = z.strictObject({
  t: z.string(),
  pl_avail: z.string().optional(),
  pl_not_avail: z.string().optional(),
})
const Entity = {
  name: z.string(),
  uniq_id: z.string(),
  ic: z.string().startsWith('mdi:').optional(),
  ent_cat: z.literal('diagnostic').optional(),
  avty: z.array(Availability).optional(),
  avty_mode: z.enum(['all', 'any', 'latest']).optional(),
}
const BinarySensor = z.strictObject({
  p: z.literal('binary_sensor'),
  ...Entity,
  stat_t: z.string(),
  dev_cla: z.enum(['motion', 'occupancy', 'connectivity']).optional(),
})
const Sensor = z.strictObject({ p: z.literal('sensor'), ...Entity, stat_t: z.string(), json_attr_t: z.string() })
const Image = z.strictObject({ p: z.literal('image'), ...Entity, image_topic: z.string(), content_type: z.string() })
const Removed = z.strictObject({ p: z.literal('image') })
/** One device's discovery payload. */
export const Discovery = z.strictObject({
  dev: z.strictObject({
    ids: z.array(z.string()).min(1),
    name: z.string(),
    mf: z.string(),
    mdl: z.string(),
    sw: z.string(),
    sn: z.string(),
    hw: z.string(),
  }),
  o: z.strictObject({ name: z.string(), sw: z.string() }),
  avty: z.array(Availability),
  qos: z.literal(1),
  cmps: z.record(z.string(), z.union([BinarySensor, Sensor, Image, Removed])),
})
