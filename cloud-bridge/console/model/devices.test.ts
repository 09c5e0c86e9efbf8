import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forgottenOf, groupByBox } from './devices.ts'
import { agent, camera } from './sample.ts'

test('channels of one NVR stand side by side, in order, behind the cameras by themselves', () => {
  const cameras = [
    camera('c2', { name: 'A', device: 'nvr', channel: 2 }),
    camera('yard', { name: 'Yard' }),
    camera('c10', { name: 'B', device: 'nvr', channel: 10 }),
    camera('c1', { name: 'C', device: 'nvr', channel: 1 }),
    camera('front', { name: 'Front' }),
  ]
  const [group] = groupByBox([agent('agentaaa')], cameras)
  assert.deepEqual(
    group?.cameras.map(({ camera: { id }, channel }) => [id, channel?.number, channel?.of]),
    [
      ['front', undefined, undefined],
      ['yard', undefined, undefined],
      ['c1', 1, 3],
      ['c2', 2, 3],
      ['c10', 10, 3],
    ],
  )
})

test('each camera stands under its own box, and a box without cameras is shown too', () => {
  const groups = groupByBox([agent('agentbbb', 'Shed'), agent('agentaaa', 'Cellar')], [camera('front')])
  assert.deepEqual(
    groups.map((group) => [group.agent.name, group.cameras.length]),
    [
      ['Cellar', 1],
      ['Shed', 0],
    ],
  )
})

test('a camera that its box has forgotten is no longer among its cameras, but among the forgotten, the newest first', () => {
  const cameras = [camera('front'), { ...camera('shed'), forgottenAt: 1 }, { ...camera('yard'), forgottenAt: 2 }]
  const [group] = groupByBox([agent('agentaaa')], cameras)
  assert.deepEqual(
    group?.cameras.map(({ camera: { id } }) => id),
    ['front'],
  )
  assert.deepEqual(
    forgottenOf(cameras).map(({ id }) => id),
    ['yard', 'shed'],
  )
})
