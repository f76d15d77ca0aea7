/**
 * Owns: named sets of options, each perhaps put on another. Pure.
 * Invariant: what is nearer wins, field by field; `resourceLimits` and `env` are merged entry by entry, `args` is not.
 */
import { z } from 'zod';
import { executionOptionsSchema, problemsOf, templateSchema } from './cli-config.ts';
import { ClaudeSessionError } from './failure.ts';
import type { ClaudeExecutionOptions } from './session-types.ts';

/** Options with the name of what they are put on. */
export interface SessionTemplate extends ClaudeExecutionOptions {
  readonly extends?: string;
}

/** Templates by name. */
export type SessionTemplates = Readonly<Record<string, SessionTemplate>>;

/** Two sets of options as one; `over` wins. */
export function mergeOptions(
  under: ClaudeExecutionOptions,
  over: ClaudeExecutionOptions,
): ClaudeExecutionOptions {
  const limits = { ...under.resourceLimits, ...over.resourceLimits };
  const env = { ...under.env, ...over.env };
  return {
    ...under,
    ...over,
    ...(Object.keys(limits).length > 0 && { resourceLimits: limits }),
    ...(Object.keys(env).length > 0 && { env }),
  };
}

/** All options that a template stands for. @throws ClaudeSessionError invalidOptions: unknown name, or a circle */
export function resolveTemplate(name: string, templates: SessionTemplates): ClaudeExecutionOptions {
  const chain: string[] = [];
  let options: ClaudeExecutionOptions = {};
  for (let next: string | undefined = name; next !== undefined;) {
    if (chain.includes(next))
      throw new ClaudeSessionError(
        'invalidOptions',
        `templates in a circle: ${[...chain, next].join(' -> ')}`,
      );
    const template: SessionTemplate | undefined = Object.hasOwn(templates, next)
      ? templates[next]
      : undefined;
    if (template === undefined) {
      const whence = chain.length === 0 ? '' : ` (extended by ${chain.at(-1)})`;
      throw new ClaudeSessionError('invalidOptions', `there is no template ${next}${whence}`);
    }
    chain.push(next);
    const { extends: _parent, template: _none, ...own }: SessionTemplate = template;
    options = mergeOptions(own, options);
    next = template.extends;
  }
  return options;
}

/** Checks options and puts them on their template. @throws ClaudeSessionError invalidOptions, naming each option */
export function resolveOptions(given: unknown, templates: SessionTemplates): ClaudeExecutionOptions {
  const parsed = executionOptionsSchema.safeParse(given);
  if (!parsed.success) throw new ClaudeSessionError('invalidOptions', problemsOf(parsed.error));
  const own: ClaudeExecutionOptions = parsed.data;
  return own.template === undefined ? own : mergeOptions(resolveTemplate(own.template, templates), own);
}

/** Reads templates from JSON. @throws ClaudeSessionError invalidOptions with all that is wrong, circles included */
export function parseTemplates(json: unknown): SessionTemplates {
  const parsed = z.record(z.string().min(1).max(200), templateSchema).safeParse(json);
  if (!parsed.success)
    throw new ClaudeSessionError('invalidOptions', `templates: ${problemsOf(parsed.error)}`);
  const templates: SessionTemplates = parsed.data;
  for (const name of Object.keys(templates)) resolveTemplate(name, templates);
  return templates;
}
