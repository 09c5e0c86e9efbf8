import { useEffect } from 'preact/hooks'
import { isOutside, type Route, signInPath } from './model/router.ts'
import type { Overview } from './model/types.ts'
import { ActivityPage } from './pages/activity.tsx'
import { BoxPage } from './pages/box.tsx'
import { CameraPage } from './pages/camera.tsx'
import { CamerasPage } from './pages/cameras.tsx'
import { ClaimPage } from './pages/claim.tsx'
import { SetupPage, SignInPage } from './pages/door.tsx'
import { ErasedPage } from './pages/erased.tsx'
import { LookingPage } from './pages/looking.tsx'
import { LostPage } from './pages/lost.tsx'
import { SettingsPage } from './pages/settings.tsx'
import { useApp, useSelect } from './parts/app.ts'
import { Sprite } from './parts/glyphs.tsx'
import { Shell } from './parts/shell.tsx'
import { Loading, Trouble } from './parts/words.tsx'

/** The whole console at one address. */
export function Console({ route, path }: { route: Route; path: string }) {
  return (
    <>
      <Sprite />
      <Page route={route} path={path} />
    </>
  )
}

function Page({ route, path }: { route: Route; path: string }) {
  const { go } = useApp()
  const session = useSelect((state) => state.session)
  const trouble = useSelect((state) => state.trouble)
  const outside = isOutside(route.page)
  useEffect(() => {
    if (session === 'none' && !outside) go(signInPath(path), 'replace')
  }, [session, outside, path, go])
  if (route.page === 'signin') return <SignInPage />
  if (route.page === 'setup') return <SetupPage />
  if (route.page === 'erased') return <ErasedPage />
  if (session === 'none') return null
  if (session === 'unknown') {
    return <main class="door">{trouble === undefined ? <Loading what="Lenscap" /> : <Trouble>{trouble}</Trouble>}</main>
  }
  return (
    <Shell route={route} path={path}>
      {trouble !== undefined && <Trouble>{trouble}</Trouble>}
      <Body route={route} failed={trouble !== undefined} />
    </Shell>
  )
}

function Body({ route, failed }: { route: Route; failed: boolean }) {
  const overview = useSelect((state) => state.overview)
  if (route.page === 'lost') return <LostPage what="page" />
  if (route.page === 'claim') return <ClaimPage />
  if (overview === undefined) return failed ? null : <Loading what="cameras" />
  return <Loaded route={route} overview={overview} />
}

function Loaded({ route, overview }: { route: Route; overview: Overview }) {
  switch (route.page) {
    case 'camera':
      return <CameraPage overview={overview} id={route.id} />
    case 'box':
      return <BoxPage overview={overview} id={route.id} />
    case 'settings':
      return <SettingsPage />
    case 'looking':
      return <LookingPage />
    case 'activity':
      return <ActivityPage overview={overview} />
    default:
      return <CamerasPage overview={overview} />
  }
}
