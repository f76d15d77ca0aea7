/**
 * `npx cem analyze`: writes custom-elements.json, which tells editors and frameworks of the tag. The build of the package
 * runs it (vite.lib.config.ts); the file is made, never edited.
 */

/** Leaves out what nobody outside can use: private members, and events that the class comment does not describe. */
const publicOnly = {
  name: 'public-only',
  packageLinkPhase({ customElementsManifest }) {
    for (const module of customElementsManifest.modules)
      for (const declaration of module.declarations ?? []) {
        declaration.members = declaration.members?.filter(
          ({ name, privacy }) => (privacy === undefined || privacy === 'public') && !name.startsWith('#'),
        );
        declaration.events = declaration.events?.filter(({ description }) => description !== undefined);
      }
  },
};

export default {
  globs: [
    'src/ui/configured-element.ts',
    'src/ui/session-element.ts',
    'src/ui/clara-voice-element.ts',
    'src/ui/events.ts',
    'src/embed/element.ts',
    'src/embed/register.ts',
    'src/ui/review/clara-review-element.ts',
    'src/embed/review.ts',
  ],
  outdir: '.',
  packagejson: false, // else every run writes its own outdir into package.json
  litelement: true,
  plugins: [publicOnly],
};
