import { isKnown } from '../model/devices.ts'
import { bytes, count, percent, whole } from '../model/format.ts'
import type { AgentView, HostFacts, Overview } from '../model/types.ts'
import { useApp, useChange, useTitle } from '../parts/app.ts'
import { Rows } from '../parts/facts.tsx'
import { Ledger } from '../parts/ledger.tsx'
import { Ago, Empty, Trouble } from '../parts/words.tsx'
import { ActivityList } from './activity.tsx'
import { LostPage } from './lost.tsx'

export function BoxPage({ overview, id }: { overview: Overview; id: string }) {
  const agent = overview.agents.find((each) => each.id === id)
  if (agent === undefined) return <LostPage what="box" />
  const cameras = overview.cameras.filter((camera) => isKnown(camera) && camera.agent === id).length
  const activity = overview.activity.filter((entry) => entry.agent === id).slice(0, 20)
  return (
    <>
      <Head agent={agent} cameras={cameras} />
      <div class="box">
        <section class="card" aria-labelledby="state">
          <h2 id="state">State</h2>
          <State agent={agent} />
        </section>
        <section class="card" aria-labelledby="host">
          <h2 id="host">Host</h2>
          {agent.host === null ? (
            <Empty title="Not told yet">
              <p>The box reports on itself soon after it starts.</p>
            </Empty>
          ) : (
            <Host host={agent.host} />
          )}
        </section>
        <section class="card wide" aria-labelledby="left">
          <h2 id="left">What left, and what arrived</h2>
          <Ledger agent={agent} overview={overview} />
        </section>
        <section class="card wide" aria-labelledby="did">
          <h2 id="did">What it did</h2>
          <ActivityList entries={activity} overview={overview} />
        </section>
      </div>
    </>
  )
}

function Head({ agent, cameras }: { agent: AgentView; cameras: number }) {
  const { api } = useApp()
  const { busy, error, run } = useChange()
  useTitle(agent.name)
  return (
    <div class="page-head">
      <div>
        <p class="crumb quiet">
          <a href="/">Cameras</a>
        </p>
        <h1>{agent.name}</h1>
        <p class="quiet">
          <span class={`dot ${agent.online ? 'dot-up' : 'dot-unreachable'}`} aria-hidden="true" />
          {agent.online ? 'Online' : 'Offline'} · {count(cameras, 'camera')}
        </p>
      </div>
      <div class="all-off">
        {error !== undefined && <Trouble>{error}</Trouble>}
        <button
          type="button"
          class="button"
          disabled={!agent.online}
          aria-busy={busy}
          onClick={() => run(() => api.refresh(agent.id))}
        >
          Look for cameras now
        </button>
      </div>
    </div>
  )
}

function State({ agent }: { agent: AgentView }) {
  const { spool } = agent
  return (
    <Rows
      caption="Agent"
      quiet
      rows={[
        ['Version', <code key="version">{agent.version || 'not told'}</code>],
        ['Last heard', agent.lastSeenAt === null ? 'never' : <Ago key="seen" at={agent.lastSeenAt} />],
        ['Yours since', <Ago key="claimed" at={agent.claimedAt} />],
        ['Cap', agent.cap ? 'On: nothing leaves, whatever is switched on here' : 'Off: the switches here decide'],
        ['Waiting to be sent', `${count(spool.messages, 'message')} · ${bytes(spool.bytes)}`],
        [
          'Let go for want of room',
          spool.dropped === 0 ? 'none' : <span class="trouble-words">{`${whole(spool.dropped)} messages`}</span>,
        ],
      ]}
    />
  )
}

function Host({ host }: { host: HostFacts }) {
  const used = host.memory.totalBytes - host.memory.availableBytes
  return (
    <>
      <Rows
        caption="Machine"
        quiet
        rows={[
          ['Model', host.model || 'not told'],
          ['System', `${host.os} · ${host.kernel} · ${host.arch}`],
          ['Processor', `${host.cpu.model}, ${count(host.cpu.cores, 'core')}`],
          ...host.temperatures.map(
            ({ name, celsius }) => [`Temperature, ${name}`, `${Math.round(celsius)} °C`] as const,
          ),
          ...host.interfaces.map(
            ({ name, mac, addresses }) =>
              [
                `Interface ${name}`,
                <code key={name}>
                  {[mac, ...addresses].filter(Boolean).map((line) => (
                    <span key={line} class="line">
                      {line}
                    </span>
                  ))}
                </code>,
              ] as const,
          ),
        ]}
      />
      <Gauge
        name="Processor"
        share={Math.round(host.cpu.loadPercent)}
        words={`${Math.round(host.cpu.loadPercent)} %`}
      />
      <Gauge
        name="Memory"
        share={percent(used, host.memory.totalBytes)}
        words={`${bytes(used)} of ${bytes(host.memory.totalBytes)}`}
      />
      {host.disks.map(({ mount, sizeBytes, usedBytes }) => (
        <Gauge
          key={mount}
          name={`Disk ${mount}`}
          share={percent(usedBytes, sizeBytes)}
          words={`${bytes(usedBytes)} of ${bytes(sizeBytes)}`}
        />
      ))}
    </>
  )
}

function Gauge({ name, share, words }: { name: string; share: number; words: string }) {
  return (
    <div class="gauge">
      <span>{name}</span>
      <span class="quiet">{words}</span>
      <meter min={0} max={100} high={90} value={share} aria-label={`${name}: ${words}`} />
    </div>
  )
}
