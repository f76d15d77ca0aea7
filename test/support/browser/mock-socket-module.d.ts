/** mock-socket's `main` is a UMD build, which a browser cannot import by name; its ES build has no types of its own. */
declare module 'mock-socket/dist/mock-socket.es.mjs' {
  export * from 'mock-socket';
}
