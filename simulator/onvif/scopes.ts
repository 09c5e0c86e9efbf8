import { escapeXml } from '../discovery/xml.ts'
import { type CameraFacts, type Operations, SCOPE_BASE, scopesOf } from './facts.ts'
import { invalidArgument, prohibited, SoapFault, type SoapRequest } from './soap.ts'

const CHARACTERS_MAX = 256

/** The device service's scopes (ONVIF Core 8.3.16): a client may change those that aren't the maker's. */
export function scopeOperations(facts: CameraFacts): Operations {
  const { settings } = facts
  const fixed = () => scopesOf(facts).flatMap((scope) => (scope.fixed ? [scope.uri] : []))
  const refuseFixed = (scopes: readonly string[], subcode: string) => {
    if (scopes.some((scope) => fixed().includes(scope)))
      throw prohibited(subcode, "The maker's own scopes can't be changed")
  }
  return {
    GetScopes: () =>
      `<tds:GetScopesResponse>${scopesOf(facts)
        .map(
          (scope) =>
            `<tds:Scopes><tt:ScopeDef>${scope.fixed ? 'Fixed' : 'Configurable'}</tt:ScopeDef><tt:ScopeItem>${escapeXml(scope.uri)}</tt:ScopeItem></tds:Scopes>`,
        )
        .join('')}</tds:GetScopesResponse>`,
    SetScopes: (request) => {
      const scopes = given(request, 'Scopes')
      refuseFixed(scopes, 'ter:ScopeOverwrite')
      settings.scopes = scopes
      return '<tds:SetScopesResponse/>'
    },
    AddScopes: (request) => {
      const scopes = given(request, 'ScopeItem')
      settings.scopes = [...settings.scopes, ...scopes.filter((scope) => !fixed().includes(scope))]
      return '<tds:AddScopesResponse/>'
    },
    RemoveScopes: (request) => {
      const scopes = given(request, 'ScopeItem')
      refuseFixed(scopes, 'ter:FixedScope')
      if (scopes.some((scope) => !settings.scopes.includes(scope)))
        throw invalidArgument('ter:NoScope', 'There is no such scope')
      settings.scopes = settings.scopes.filter((scope) => !scopes.includes(scope))
      return `<tds:RemoveScopesResponse>${scopes.map((scope) => `<tds:ScopeItem>${escapeXml(scope)}</tds:ScopeItem>`).join('')}</tds:RemoveScopesResponse>`
    },
  }
}

/** Throws SoapFault where there is none, or one that is no ONVIF scope. */
function given(request: SoapRequest, element: string): string[] {
  const scopes = request.body.children.filter(({ local }) => local === element).map(({ text }) => text)
  const isScope = (scope: string) =>
    scope.startsWith(`${SCOPE_BASE}/`) && scope.length <= CHARACTERS_MAX && !/\s/.test(scope)
  if (scopes.length === 0 || !scopes.every(isScope))
    throw new SoapFault('Sender', ['ter:InvalidArgs'], `Scopes begin with ${SCOPE_BASE}/`)
  return scopes
}
