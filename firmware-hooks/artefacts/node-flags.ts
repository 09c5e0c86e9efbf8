/**
 * What Node is started with. The tus client reads addresses by `url.parse`, and Node tells whoever runs a program so,
 * though they can do nothing about it (inside node_modules it keeps quiet, but a bundle is not there any more).
 */
export const NODE_FLAGS = ['--disable-warning=DEP0169'] as const
