import assert from 'node:assert/strict'
import { it } from 'node:test'
import { AgentConfig } from '../config/schema.ts'
import { checkPlaces } from './places.ts'

it('refuses ranges, hosts and fences that make no sense before anything runs', () => {
  const places = (discovery: object) => AgentConfig.parse({ bridge: 'http://127.0.0.1:1', discovery })
  checkPlaces(places({ ranges: ['10.0.0.0/24'], hosts: ['camera.lan:8000'], only: ['10.0.0.0/24', 'fd00::/64'] }))
  for (const bad of [{ ranges: ['10.0.0'] }, { hosts: ['camera lan'] }, { only: ['10.0.0.0/40'] }]) {
    assert.throws(() => checkPlaces(places(bad)), { kind: 'invalid' })
  }
})
