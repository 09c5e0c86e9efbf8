import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'

const samples = join(import.meta.dirname, 'samples')

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'lenscap-samples-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

const run = (sample: string, args: string[], environment: Record<string, string>) =>
  execFileSync(join(samples, sample), args, { env: { PATH: process.env['PATH'], ...environment }, encoding: 'utf8' })

describe('the sample hooks', () => {
  it('show the state on a light', (t) => {
    const leds = folderFor(t)
    mkdirSync(join(leds, 'green'))
    const led = (name: string) => readFileSync(join(leds, 'green', name), 'utf8').trim()
    const show = (state: string) => run('led/10-led', ['led', state], { LEDS: leds, LED_NAME_FILE: '/nonexistent' })
    show('online')
    assert.deepEqual([led('trigger'), led('brightness')], ['none', '1'])
    show('attention')
    assert.deepEqual([led('trigger'), led('delay_on'), led('delay_off')], ['timer', '100', '100'])
    show('a state of a later release')
    show('stopping')
    assert.deepEqual([led('trigger'), led('brightness')], ['none', '0'])
  })

  it('put the cap on and take it off by a switch, by sysfs and by the GPIO character device', (t) => {
    const folder = folderFor(t)
    const cap = join(folder, 'cap-on')
    mkdirSync(join(folder, 'gpio17'))
    const value = join(folder, 'gpio17/value')
    // As libgpiod's own says it, of either release.
    const tools = (version: string) => {
      const path = join(folder, version)
      mkdirSync(path)
      const text = `#!/bin/sh\n[ "$1" = --version ] && { echo "gpioget (libgpiod) ${version}"; exit; }\ncat ${value}\n`
      writeFileSync(join(path, 'gpioget'), text, { mode: 0o755 })
      return `${path}:${process.env['PATH']}`
    }
    const ways = [
      [['sysfs', '17'], {}],
      [['gpiochip0', '17'], { PATH: tools('v1.6.3') }],
      [['gpiochip0', '17'], { PATH: tools('v2.2') }],
    ] as const
    for (const [args, more] of ways) {
      const environment = { LENSCAP_STATE_DIR: folder, GPIO_SYSFS: folder, CAP_BUTTON_ONCE: '1', ...more }
      writeFileSync(value, '1\n')
      run('cap-button/cap-button', [...args], environment)
      assert.equal(existsSync(cap), true)
      writeFileSync(value, '0\n')
      run('cap-button/cap-button', [...args], environment)
      assert.equal(existsSync(cap), false)
    }
  })

  it('mount a disk for media once, and go on without one', (t) => {
    const folder = folderFor(t)
    const [device, mounts, calls] = [join(folder, 'disk'), join(folder, 'mounts'), join(folder, 'calls')]
    const mount = join(folder, 'mount')
    writeFileSync(mount, `#!/bin/sh\necho "$*" >> ${calls}\necho "x $4 ext4 rw 0 0" >> ${mounts}\n`, { mode: 0o755 })
    writeFileSync(mounts, '')
    const environment = { LENSCAP_STATE_DIR: folder, STORAGE_DEVICE: device, MOUNT: mount, MOUNTS: mounts }
    const call = () => run('storage-mount/10-storage-mount', ['first-boot'], environment)
    assert.match(call(), /no disk is labelled/)
    writeFileSync(device, '')
    call()
    call()
    assert.equal(readFileSync(calls, 'utf8'), `-o nodev,nosuid,noexec,noatime ${device} ${join(folder, 'media')}\n`)
  })
})
