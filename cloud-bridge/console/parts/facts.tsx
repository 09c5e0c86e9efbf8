import type { ComponentChildren } from 'preact'
import type { CameraFacts } from '../model/types.ts'

export type Row = readonly [name: string, value: ComponentChildren]

const known = (value: string): ComponentChildren => (value === '' ? <span class="quiet">not told</span> : value)
const list = (values: readonly string[]): ComponentChildren =>
  values.length === 0 ? (
    <span class="quiet">none</span>
  ) : (
    <ul class="plain">
      {values.map((value) => (
        <li key={value}>{value}</li>
      ))}
    </ul>
  )

/** Names and values, set as a table of two columns. `quiet`: a heading above says already what it is. */
export function Rows({ caption, rows, quiet }: { caption: string; rows: readonly Row[]; quiet?: boolean }) {
  return (
    <table class="facts">
      <caption class={quiet === true ? 'listen-only' : ''}>{caption}</caption>
      <tbody>
        {rows.map(([name, value]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** Who a camera is, in its own words. */
export function Facts({ facts }: { facts: CameraFacts }) {
  return (
    <>
      <div class="facts-grid">
        <div>
          <Rows
            caption="Device"
            rows={[
              ['Manufacturer', known(facts.manufacturer)],
              ['Model', known(facts.model)],
              ['Serial', <code key="serial">{known(facts.serial)}</code>],
              ['Firmware', <code key="firmware">{known(facts.firmware)}</code>],
              ['Hardware', <code key="hardware">{known(facts.hardwareId)}</code>],
            ]}
          />
          <Profiles facts={facts} />
        </div>
        <Rows
          caption="Network"
          rows={[
            ['Address', <code key="address">{`${facts.address}:${facts.port}`}</code>],
            ['MAC', <code key="mac">{list(facts.macs)}</code>],
            ['Host name', known(facts.hostname)],
            ['Gateway', <code key="gateway">{list(facts.gateway)}</code>],
            ['DNS', <code key="dns">{list(facts.dns)}</code>],
            ['NTP', <code key="ntp">{list(facts.ntp)}</code>],
            [
              'Protocols',
              list(
                facts.protocols.map(
                  ({ name, enabled, ports }) => `${name} ${ports.join(', ')}${enabled ? '' : ' (off)'}`,
                ),
              ),
            ],
          ]}
        />
      </div>
      <details class="more-facts">
        <summary>Services and scopes</summary>
        <Rows
          caption="ONVIF"
          rows={[
            ['Endpoint', <code key="endpoint">{known(facts.endpoint)}</code>],
            ['Services', <code key="services">{list(facts.services.map((s) => `${s.namespace} ${s.version}`))}</code>],
            ['Scopes', <code key="scopes">{list(facts.scopes)}</code>],
          ]}
        />
      </details>
    </>
  )
}

function Profiles({ facts }: { facts: CameraFacts }) {
  if (facts.profiles.length === 0) return null
  return (
    <div class="profiles-frame">
      <table class="facts profiles">
        <caption>Streams</caption>
        <thead>
          <tr>
            <th scope="col">Profile</th>
            <th scope="col">Encoding</th>
            <th scope="col">Size</th>
            <th scope="col">Rate</th>
          </tr>
        </thead>
        <tbody>
          {facts.profiles.map((profile) => (
            <tr key={profile.token}>
              <td>{profile.name || profile.token}</td>
              <td>{profile.encoding}</td>
              <td class="number">{`${profile.width} × ${profile.height}`}</td>
              <td class="number">{`${profile.fps} fps`}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
