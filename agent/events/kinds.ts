import type { EventFacts, EventKind } from '../protocol/camera.ts'

type Data = Readonly<Record<string, string>>

interface Rule {
  /** Against the topic without its prefixes. */
  readonly topic: RegExp
  readonly kind: EventKind
  /** Only where the data carries an item of that name. */
  readonly item?: RegExp
}

/** First match wins: what names its object stands before what only names a rule. */
const RULES: readonly Rule[] = [
  // Axis Object Analytics and some others say in the data what they saw.
  { topic: /ObjectAnalytics|ObjectDetect|TPSmartEvent/i, item: /^(IsPeople|IsHuman|human)$/i, kind: 'person' },
  { topic: /ObjectAnalytics|ObjectDetect|TPSmartEvent/i, item: /^(IsVehicle|vehicle|car)$/i, kind: 'vehicle' },
  { topic: /ObjectAnalytics|ObjectDetect|TPSmartEvent/i, item: /^(IsPet|IsAnimal|animal)$/i, kind: 'animal' },
  // Reolink: RuleEngine/MyRuleDetector/PeopleDetect; Tapo: RuleEngine/PeopleDetector/People; Dahua: UserAlarm/IVA/HumanShapeDetect.
  { topic: /People|Person|Human/i, kind: 'person' },
  { topic: /Vehicle|LicensePlate|CarDetect/i, kind: 'vehicle' },
  { topic: /DogCat|Animal|\bPet/i, kind: 'animal' },
  { topic: /Face/i, kind: 'face' },
  { topic: /Visitor|Doorbell|CallButton/i, kind: 'doorbell' },
  // Before motion: Tapo's TamperDetector, everyone's GlobalSceneChange and the image-quality alarms.
  { topic: /Tamper|GlobalSceneChange|SceneChange|ImageToo(Blurry|Dark|Bright)|SignalLoss|VideoLoss/i, kind: 'tamper' },
  { topic: /LineDetector|LineCross|CrossLine|Tripwire|LineCounter/i, kind: 'line-crossing' },
  {
    topic: /FieldDetector|ObjectsInside|Intrusion|ObjectAnalytics|LoiteringDetector|CrossRegion|IVA\b/i,
    kind: 'intrusion',
  },
  { topic: /CellMotion|MotionAlarm|MotionRegion|\/VMD\b|MotionDetect|Motion$/i, kind: 'motion' },
  { topic: /DigitalInput|VirtualInput|Device\/(Trigger|IO)|Input(State|Port)/i, kind: 'input' },
  { topic: /Audio|Sound/i, kind: 'sound' },
  { topic: /Storage|DiskFull|DiskError|Recording.*(Full|Fail)/i, kind: 'storage' },
]

/** Our kind for a raw topic such as `tns1:RuleEngine/CellMotionDetector/Motion`. */
export function kindOf(topic: string, data: Data): EventKind {
  const plain = topic.replace(/[^/:\s]*:/g, '')
  const items = Object.keys(data)
  const classes = (data['classTypes'] ?? data['ClassTypes'] ?? data['ObjectType'] ?? '').split(/[,\s]+/)
  const rule = RULES.find(
    (each) => each.topic.test(plain) && (!each.item || [...items, ...classes].some((item) => each.item?.test(item))),
  )
  return rule?.kind ?? 'other'
}

/** Items that say whether it lasts; an ObjectId of 1 does not. */
const STATE_ITEM =
  /^(Is[A-Z].*|State|LogicalState|active|Failed|Value|Motion|Alarm|Tampering|Visitor|triggered|onoff)$/i

/** True while it lasts, false when it ends, undefined for what has no duration. */
export function activeIn(data: Data): boolean | undefined {
  for (const [name, value] of Object.entries(data)) {
    if (!STATE_ITEM.test(name)) continue
    if (/^(true|1|on|active)$/i.test(value.trim())) return true
    if (/^(false|0|off|inactive)$/i.test(value.trim())) return false
  }
  return undefined
}

/** In the order in which they tell channels apart. */
const SOURCE_ITEMS = [
  'VideoSourceConfigurationToken',
  'VideoSourceToken',
  'VideoSource',
  'VideoSourceConfiguration',
  'Source',
  'Channel',
]

/** The token of the video source, or of its configuration, that an event is about. */
export function sourceTokenIn(source: Data): string | undefined {
  const name = SOURCE_ITEMS.find((each) => (source[each] ?? '') !== '')
  return name === undefined ? undefined : source[name]
}

/** Kinds after which a picture of what happened is wanted. */
const WORTH_A_PICTURE: ReadonlySet<EventKind> = new Set([
  'motion',
  'person',
  'vehicle',
  'animal',
  'face',
  'line-crossing',
  'intrusion',
  'tamper',
  'doorbell',
])

/** Whether media should show this: something is there to be seen, and begins or has no duration. */
export const isWorthAPicture = ({ kind, active }: Pick<EventFacts, 'kind' | 'active'>): boolean =>
  active !== false && WORTH_A_PICTURE.has(kind)
