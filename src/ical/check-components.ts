import { checkExtensions } from './check-extensions.ts';
import { checkProperty } from './check-properties.ts';
import { quote, type Tell } from './check-problem.ts';
import { CALENDAR_COMPONENTS, type Component, type Property, propertiesOf, propertyOf } from './component.ts';
import { type ComponentRule, componentRule } from './component-rules.ts';
import { P, type PropertyName, propertyRule } from './names.ts';
import { saysTheSame, SINGLE } from './validate.ts';

/** What a VALARM of each ACTION must and may hold (RFC 5545 §3.6.6). */
const ALARMS: Readonly<Record<string, { readonly needs: readonly PropertyName[]; readonly attach?: number }>> = {
  AUDIO: { needs: [], attach: 1 },
  DISPLAY: { needs: ['DESCRIPTION'], attach: 0 },
  EMAIL: { needs: ['DESCRIPTION', 'SUMMARY', 'ATTENDEE'] },
};

/** What makes PUT refuse the object where it is missing, or is there twice and says two things. */
const ESSENTIAL: ReadonlySet<string> = new Set([P.UID, ...SINGLE]);
const SUBJECTS: ReadonlySet<string> = new Set(CALENDAR_COMPONENTS);

/** Nesting, and which properties stand in each component and how often (RFC 5545 §3.6 and its extensions). */
export function checkComponents(calendar: Component, tell: Tell): void {
  const method = propertyOf(calendar, P.METHOD);
  if (method !== undefined) {
    const message = `METHOD ${quote(method.value)}: a message (RFC 5546), which is no calendar object resource`;
    tell({ ...where(method), rule: 'method', message, section: 'RFC 4791 §4.1', severity: 'error' });
  }
  if (calendar.components.every(({ name }) => name === 'VTIMEZONE')) {
    const message = 'no component but VTIMEZONE';
    tell({ ...at(calendar), rule: 'required', message, section: 'RFC 4791 §4.1', severity: 'error' });
  }
  checkComponent(calendar, undefined, method !== undefined, tell);
}

const at = ({ line, name }: Component): { line: number; property: string } => ({ line, property: name });
const where = ({ line, name }: Property): { line: number; property: string } => ({ line, property: name });

function checkComponent(component: Component, parent: Component | undefined, isMessage: boolean, tell: Tell): void {
  const rule = componentRule(component.name);
  if (rule === undefined) checkUnknownComponent(component, tell);
  else {
    if (parent !== undefined && !rule.parents.includes(parent.name)) {
      const message = `${component.name} inside ${parent.name}`;
      tell({ ...at(component), rule: 'not-here', message, section: rule.section });
    }
    checkCardinality(component, rule, tell);
    checkPairs(component, rule, tell);
    if (component.name === 'VEVENT' && !isMessage) require(component, [P.DTSTART], rule.section, tell);
    if (component.name === 'VALARM') checkAlarm(component, parent, tell);
  }
  checkExtensions(component, parent, tell);
  // Participation is of the component that an alarm stands in.
  const status = rule?.partstat === undefined && parent !== undefined ? componentRule(parent.name) : rule;
  const place = { component, rule: rule ?? status, isIndexed: SUBJECTS.has(component.name) };
  for (const property of component.properties) checkProperty(property, place, tell);
  for (const child of component.components) checkComponent(child, component, isMessage, tell);
}

function checkUnknownComponent(component: Component, tell: Tell): void {
  if (component.name.startsWith('X-')) return;
  const message = `${component.name} is not a registered component`;
  tell({ ...at(component), rule: 'unregistered', message, section: 'RFC 5545 §8.3.1' });
}

function checkCardinality(component: Component, rule: ComponentRule, tell: Tell): void {
  require(component, rule.required, rule.section, tell);
  const firsts = new Map<string, Property>();
  const single = new Set<string>([...rule.required, ...rule.once]);
  const allowed = new Set<string>([...single, ...rule.many]);
  for (const property of component.properties) {
    const { name } = property;
    const first = firsts.get(name);
    if (first === undefined) {
      firsts.set(name, property);
      if (!allowed.has(name) && !name.startsWith('X-')) tellMisplaced(property, component, rule, tell);
    } else if (single.has(name)) {
      const severity = saysTheSame(property, first) ? 'slip' : severityOf(component, name);
      const message = `${name} more than once in ${component.name}`;
      tell({ ...where(property), rule: 'once', message, section: rule.section, severity });
    } else if (name === P.RRULE) {
      const message = `RRULE more than once in ${component.name}, which SHOULD NOT be`;
      tell({ ...where(property), rule: 'once', message, section: rule.section });
    }
  }
}

function tellMisplaced(property: Property, component: Component, rule: ComponentRule, tell: Tell): void {
  const isKnown = propertyRule(property.name) !== undefined;
  const message = isKnown
    ? `${property.name} in ${component.name}`
    : `${quote(property.name)} is not a registered property`;
  const section = isKnown ? rule.section : 'RFC 5545 §8.3.2';
  tell({ ...where(property), rule: isKnown ? 'not-here' : 'unregistered', message, section });
}

function require(component: Component, names: readonly PropertyName[], section: string, tell: Tell): void {
  for (const name of names) {
    const property = propertyOf(component, name);
    if (property !== undefined && (name !== P.UID || property.value.trim() !== '')) continue;
    const message = `${component.name} has no ${name}`;
    tell({
      line: component.line,
      property: name,
      rule: 'required',
      message,
      section,
      severity: severityOf(component, name),
    });
  }
}

const severityOf = (component: Component, name: string): 'error' | 'slip' =>
  SUBJECTS.has(component.name) && ESSENTIAL.has(name) ? 'error' : 'slip';

function checkPairs(component: Component, rule: ComponentRule, tell: Tell): void {
  for (const [one, other] of rule.either ?? []) {
    const second = propertyOf(component, other);
    if (second === undefined || propertyOf(component, one) === undefined) continue;
    const severity = severityOf(component, other);
    tell({
      ...where(second),
      rule: 'either',
      message: `${one} and ${other} together`,
      section: rule.section,
      severity,
    });
  }
  for (const [one, other] of rule.needs ?? []) {
    const first = propertyOf(component, one);
    if (first === undefined || propertyOf(component, other) !== undefined) continue;
    tell({ ...where(first), rule: 'needs', message: `${one} without ${other}`, section: rule.section });
  }
}

function checkAlarm(alarm: Component, parent: Component | undefined, tell: Tell): void {
  const section = 'RFC 5545 §3.6.6';
  const action = propertyOf(alarm, P.ACTION)?.value.trim().toUpperCase() ?? '';
  const rule = Object.hasOwn(ALARMS, action) ? ALARMS[action] : undefined;
  if (rule !== undefined) require(alarm, rule.needs, section, tell);
  const attached = propertiesOf(alarm, P.ATTACH)[rule?.attach ?? Infinity];
  if (attached !== undefined) {
    const message = `more ATTACH than an alarm of ACTION:${action} may have`;
    tell({ ...where(attached), rule: 'once', message, section });
  }
  const [attendee] = action === 'EMAIL' ? [] : propertiesOf(alarm, P.ATTENDEE);
  if (attendee !== undefined && rule !== undefined) {
    tell({ ...where(attendee), rule: 'not-here', message: `ATTENDEE in an alarm of ACTION:${action}`, section });
  }
  const trigger = propertyOf(alarm, P.TRIGGER);
  if (trigger === undefined || parent === undefined || trigger.params.get('RELATED')?.[0]?.toUpperCase() !== 'END')
    return;
  const hasEnd = [P.DTEND, P.DUE, P.DURATION].some((name) => propertyOf(parent, name) !== undefined);
  if (hasEnd) return;
  const message = `RELATED=END, but ${parent.name} has no end`;
  tell({ ...where(trigger), rule: 'needs', message, section: 'RFC 5545 §3.8.6.3' });
}
