import type { AgentConfig } from '../config/schema.ts'
import { brokerAccess } from '../transport/broker-access.ts'
import type { BrokerAccess } from '../transport/connection.ts'
import type { Claimed } from '../transport/identity.ts'

/** The broker that this box reports to, and who it is there. @throws LenscapError `invalid` for a file that can't be read */
export async function ownBroker(
  config: AgentConfig,
  identity: Pick<Claimed, 'agent' | 'token' | 'mqttUrl'>,
): Promise<BrokerAccess> {
  const { agent: clientId, token: password, mqttUrl } = identity
  const owned = config.bridge !== undefined && { username: clientId, password }
  return await brokerAccess(config.mqtt, { url: owned ? mqttUrl : undefined, clientId, ...owned })
}

/** Home Assistant's broker, where it is switched on. @throws LenscapError `invalid` for a file that can't be read */
export async function homeBroker(config: AgentConfig, agent: string): Promise<BrokerAccess | undefined> {
  const { homeAssistant, mqtt } = config
  if (!homeAssistant.enabled) return undefined
  return await brokerAccess(homeAssistant.broker ?? mqtt, { url: undefined, clientId: `${agent}-ha` })
}
