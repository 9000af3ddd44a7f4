// Walks the library's syntax tree with Python's values and Jinja2's scopes: one scope for each turn of a loop, one for
// each macro, call, filter and set block, none for an `if`; what a turn wrote before `continue` or `break` stays.

import type { Expr, Node, Stmt } from './ast.ts';
import { applyFilter } from './filters.ts';
import { dictKeyOf } from './methods.ts';
import { member, operate, signed, slice } from './operators.ts';
import { bindParameters, changes, Scope, turn } from './scope.ts';
import { applyTest } from './tests.ts';
import {
  type Dict,
  Fields,
  Float,
  Func,
  isDict,
  iterate,
  kindOf,
  MAX_TEXT,
  type Meter,
  type Named,
  Tuple,
  truth,
  Undefined,
  type Value,
} from './values.ts';
import { str } from './write.ts';

/** Nested calls and expressions beyond this would run out of the machine's stack. */
const MAX_DEPTH = 1000;
const NONE: Named = new Map();

/** How a block ended. */
type End = 'done' | 'break' | 'continue';

/** Renders a parsed template. Throws an Error that says why it cannot be rendered. */
export function renderTree(program: Node, names: Iterable<readonly [string, Value]>, meter: Meter): string {
  return new Walker(meter).text([program], new Scope(null, names));
}

class Walker {
  readonly #meter: Meter;
  #parts: string[] = [];
  #length = 0;
  #depth = 0;

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  /** What the nodes write, by themselves. */
  text(body: readonly Node[], scope: Scope): string {
    const [parts, length] = [this.#parts, this.#length];
    this.#parts = [];
    this.#length = 0;
    if (this.#block(body, scope) !== 'done') throw new Error('break or continue outside of a loop');
    const out = this.#parts.join('');
    this.#parts = parts;
    this.#length = length;
    return out;
  }

  #write(piece: string): void {
    this.#length += piece.length;
    if (this.#length > MAX_TEXT) throw new Error(`it makes a text longer than ${MAX_TEXT} characters`);
    this.#meter.text(piece.length);
    this.#parts.push(piece);
  }

  #block(body: readonly Node[], scope: Scope): End {
    for (const node of body) {
      const end = this.#node(node, scope);
      if (end !== 'done') return end;
    }
    return 'done';
  }

  #node(node: Node, scope: Scope): End {
    this.#meter.spend(1);
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new Error('it nests too deeply');
    const end = this.#statement(node as Stmt, scope);
    this.#depth -= 1;
    return end;
  }

  #statement(node: Stmt, scope: Scope): End {
    switch (node.type) {
      case 'Program':
        return this.#block(node.body, scope);
      case 'If':
        return this.#block(truth(this.#value(node.test, scope)) ? node.body : node.alternate, scope);
      case 'For':
        return this.#loop(node, scope);
      case 'Break':
        return 'break';
      case 'Continue':
        return 'continue';
      case 'Comment':
        return 'done';
      case 'Set':
        this.#set(node, scope);
        return 'done';
      case 'Macro': {
        const macro = this.#macro(node.name.value, node.args, node.body, scope);
        scope.set(node.name.value, macro);
        return 'done';
      }
      case 'CallStatement': {
        const caller = this.#macro('caller', node.callerArgs ?? [], node.body, scope);
        const { args, named } = this.#arguments(node.call.args, scope);
        this.#write(
          str(this.#call(node.call.callee, args, new Map([...named, ['caller', caller]]), scope), this.#meter),
        );
        return 'done';
      }
      case 'FilterStatement':
        this.#write(str(this.#filter(this.text(node.body, new Scope(scope)), node.filter, scope), this.#meter));
        return 'done';
      default:
        this.#write(str(this.#value(node as unknown as Expr, scope), this.#meter));
        return 'done';
    }
  }

  #assign(target: Expr, value: Value, scope: Scope): void {
    if (target.type === 'Identifier') scope.set(target.value, value);
    else if (target.type === 'TupleLiteral') {
      const values = iterate(value, this.#meter);
      if (values.length !== target.value.length) {
        throw new Error(`it unpacks ${values.length} values into ${target.value.length} names`);
      }
      target.value.forEach((one, k) => {
        this.#assign(one, values[k] as Value, scope);
      });
    } else if (target.type === 'MemberExpression' && target.property.type === 'Identifier' && !target.computed) {
      const space = this.#value(target.object, scope);
      if (!(space instanceof Fields) || space.kind !== 'namespace') {
        throw new Error('cannot assign attribute on non-namespace object');
      }
      space.fields.set(target.property.value, value);
    } else throw new Error('it sets something that is not a name');
  }

  #set(node: Stmt & { type: 'Set' }, scope: Scope): void {
    if (node.value !== null) {
      this.#assign(node.assignee, this.#value(node.value, scope), scope);
      return;
    }
    // {% set name | filter %} ... {% endset %}
    const filters: Expr[] = [];
    let target = node.assignee;
    for (; target.type === 'FilterExpression'; target = target.operand) filters.unshift(target.filter);
    let value: Value = this.text(node.body, new Scope(scope));
    for (const filter of filters) value = this.#filter(value, filter, scope);
    this.#assign(target, value, scope);
  }

  #loop(node: Stmt & { type: 'For' }, scope: Scope): End {
    const select = node.iterable.type === 'SelectExpression' ? node.iterable : null;
    let items = iterate(this.#value(select?.lhs ?? node.iterable, scope), this.#meter);
    if (select !== null) {
      items = items.filter((item) => {
        const inner = new Scope(scope);
        this.#assign(node.loopvar, item, inner);
        return truth(this.#value(select.test, inner));
      });
    }
    let finished = false;
    const changed = changes(this.#meter);
    for (const [k, item] of items.entries()) {
      this.#meter.spend(4);
      const inner = new Scope(scope);
      inner.set('loop', turn(items, k, changed));
      this.#assign(node.loopvar, item, inner);
      const end = this.#block(node.body, inner);
      if (end === 'break') break;
      if (end === 'done') finished = true;
    }
    // Jinja2 takes the else branch where no turn came to its end.
    return finished ? 'done' : this.#block(node.defaultBlock, new Scope(scope));
  }

  #macro(name: string, parameters: readonly Expr[], body: readonly Node[], scope: Scope): Func {
    return new Func(name, (args, named) => {
      const inner = new Scope(scope);
      const later = bindParameters(inner, parameters, args, named);
      for (const [key, value] of later) inner.set(key, this.#value(value, inner));
      return this.text(body, inner);
    });
  }

  #arguments(list: readonly Expr[], scope: Scope): { readonly args: Value[]; readonly named: Map<string, Value> } {
    const args: Value[] = [];
    const named = new Map<string, Value>();
    for (const one of list) {
      if (one.type === 'KeywordArgumentExpression') named.set(one.key.value, this.#value(one.value, scope));
      else if (one.type === 'SpreadExpression') args.push(...iterate(this.#value(one.argument, scope), this.#meter));
      else if (one.type === 'KeywordSpreadExpression') {
        const more = this.#value(one.argument, scope);
        if (!isDict(more)) throw new Error(`** needs a dict, not ${kindOf(more)}`);
        this.#meter.spend(more.size);
        for (const [key, value] of more) named.set(String(key), value);
      } else args.push(this.#value(one, scope));
    }
    return { args, named };
  }

  #call(callee: Expr, args: readonly Value[], named: Named, scope: Scope): Value {
    const called = this.#value(callee, scope);
    if (called instanceof Undefined) throw new Error(called.message);
    if (!(called instanceof Func)) throw new Error(`'${kindOf(called)}' object is not callable`);
    return called.call(args, named);
  }

  #filter(value: Value, filter: Expr, scope: Scope): Value {
    if (filter.type === 'Identifier') return applyFilter(filter.value, value, [], NONE, this.#meter);
    if (filter.type !== 'CallExpression' || filter.callee.type !== 'Identifier') {
      throw new Error('a filter that is worked out is not supported');
    }
    const { args, named } = this.#arguments(filter.args, scope);
    return applyFilter(filter.callee.value, value, args, named, this.#meter);
  }

  #value(node: Expr, scope: Scope): Value {
    this.#meter.spend(1);
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new Error('it nests too deeply');
    const value = this.#expression(node, scope);
    this.#depth -= 1;
    return value;
  }

  #expression(node: Expr, scope: Scope): Value {
    switch (node.type) {
      case 'StringLiteral':
      case 'IntegerLiteral':
        return node.value;
      case 'FloatLiteral':
        return new Float(node.value);
      case 'Identifier':
        return scope.get(node.value);
      case 'ArrayLiteral':
        return node.value.map((item) => this.#value(item, scope));
      case 'TupleLiteral':
        return new Tuple(node.value.map((item) => this.#value(item, scope)));
      case 'ObjectLiteral': {
        const dict: Dict = new Map();
        for (const [key, value] of node.value) dict.set(dictKeyOf(this.#value(key, scope)), this.#value(value, scope));
        return dict;
      }
      case 'BinaryExpression':
        return this.#binary(node, scope);
      case 'UnaryExpression': {
        const value = this.#value(node.argument, scope);
        return node.operator.value === 'not' ? !truth(value) : signed(node.operator.value, value);
      }
      case 'FilterExpression':
        return this.#filter(this.#value(node.operand, scope), node.filter, scope);
      case 'TestExpression':
        return applyTest(node.test.value, this.#value(node.operand, scope), [], this.#meter) !== node.negate;
      case 'SelectExpression':
        if (truth(this.#value(node.test, scope))) return this.#value(node.lhs, scope);
        return new Undefined('the inline if-expression evaluated to false and no else section was defined.');
      case 'Ternary':
        return this.#value(truth(this.#value(node.condition, scope)) ? node.trueExpr : node.falseExpr, scope);
      case 'MemberExpression': {
        const value = this.#value(node.object, scope);
        if (node.property.type === 'SliceExpression') {
          const { start, stop, step } = node.property;
          const bounds = [start, stop, step].map((one) => (one === undefined ? undefined : this.#value(one, scope)));
          return slice(value, bounds, this.#meter);
        }
        const key = node.computed
          ? this.#value(node.property, scope)
          : (node.property as { value: string | number }).value;
        return member(value, key, !node.computed, this.#meter);
      }
      case 'CallExpression': {
        const { args, named } = this.#arguments(node.args, scope);
        return this.#call(node.callee, args, named, scope);
      }
      default:
        throw new Error(`${node.type} is not supported here`);
    }
  }

  #binary(node: Expr & { type: 'BinaryExpression' }, scope: Scope): Value {
    const op = node.operator.value;
    const left = this.#value(node.left, scope);
    if (op === 'and') return truth(left) ? this.#value(node.right, scope) : left;
    if (op === 'or') return truth(left) ? left : this.#value(node.right, scope);
    return operate(op, left, this.#value(node.right, scope), this.#meter);
  }
}
