import { COMMON } from './common.ts'
import { FAULTS } from './faults.ts'
import { FLEET } from './fleet.ts'
import { HTML } from './html.ts'
import { MAIN } from './main.ts'
import { ONE } from './one.ts'
import { STYLE } from './style.ts'

const SCRIPT = 'text/javascript'

/** All that the page is made of; it loads nothing from anywhere else. */
export const PAGE_FILES = [
  { path: '/', type: 'text/html', text: HTML },
  { path: '/page.css', type: 'text/css', text: STYLE },
  { path: '/page.js', type: SCRIPT, text: MAIN },
  { path: '/page-common.js', type: SCRIPT, text: COMMON },
  { path: '/page-fleet.js', type: SCRIPT, text: FLEET },
  { path: '/page-one.js', type: SCRIPT, text: ONE },
  { path: '/page-faults.js', type: SCRIPT, text: FAULTS },
] as const
