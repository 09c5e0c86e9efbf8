/**
 * What Node is started with. The tus client reads addresses by `url.parse`, and Node tells whoever runs a program so,
 * though they can do nothing about it (inside node_modules it keeps quiet, but a bundle is not there any more).
 */
export const NODE_FLAGS = ['--disable-warning=DEP0169'] as const

/** Those of the agent that V8 still heeds after its start: all that an executable can be given. */
export const LATE_FLAGS = ['--optimize-for-size', '--no-opt', '--no-maglev', '--no-sparkplug'] as const

/**
 * The agent waits most of its life, on a box that has other work: memory counts more than speed. A small nursery, no
 * compilers (they, and what they make, are a quarter of an idle agent), and a bound that a leak meets before it takes the
 * box along: an agent with 200 cameras has 60 MB of its own in all.
 *
 * That lasts until a camera's stream plays: then `useCompilers` (`agent/base`) has V8 compile again. Sixteen streams of
 * 1080p cost 0.72 times the processor time of sixteen `ffmpeg -c copy` without compilers, 0.48 with them from the first
 * stream on, 0.47 with them from the start, and 0.12, 0.13 and 0.13 times their memory (docs/performance.md). The nursery
 * can't be changed later; a larger one gave no less.
 */
export const AGENT_FLAGS = [
  ...NODE_FLAGS,
  '--max-semi-space-size=1',
  '--max-old-space-size=256',
  ...LATE_FLAGS,
] as const

/**
 * For the C library and for libuv, read before Node starts: one heap for all threads, whose free memory goes back to the
 * system, and two threads for names and files.
 */
export const AGENT_ENVIRONMENT = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '32768',
  MALLOC_TRIM_THRESHOLD_: '65536',
  MALLOC_TOP_PAD_: '16384',
  UV_THREADPOOL_SIZE: '2',
} as const
