// The library's syntax tree, as far as it is walked here: its own types are not exported.

interface Named {
  readonly value: string;
}

export type Expr =
  | { readonly type: 'StringLiteral' | 'Identifier'; readonly value: string }
  | { readonly type: 'IntegerLiteral' | 'FloatLiteral'; readonly value: number }
  | { readonly type: 'ArrayLiteral' | 'TupleLiteral'; readonly value: readonly Expr[] }
  | { readonly type: 'ObjectLiteral'; readonly value: ReadonlyMap<Expr, Expr> }
  | { readonly type: 'BinaryExpression'; readonly operator: Named; readonly left: Expr; readonly right: Expr }
  | { readonly type: 'UnaryExpression'; readonly operator: Named; readonly argument: Expr }
  | { readonly type: 'FilterExpression'; readonly operand: Expr; readonly filter: Expr }
  | { readonly type: 'TestExpression'; readonly operand: Expr; readonly negate: boolean; readonly test: Named }
  | { readonly type: 'SelectExpression'; readonly lhs: Expr; readonly test: Expr }
  | { readonly type: 'Ternary'; readonly condition: Expr; readonly trueExpr: Expr; readonly falseExpr: Expr }
  | { readonly type: 'MemberExpression'; readonly object: Expr; readonly property: Expr; readonly computed: boolean }
  | { readonly type: 'SliceExpression'; readonly start?: Expr; readonly stop?: Expr; readonly step?: Expr }
  | { readonly type: 'CallExpression'; readonly callee: Expr; readonly args: readonly Expr[] }
  | { readonly type: 'KeywordArgumentExpression'; readonly key: Named; readonly value: Expr }
  | { readonly type: 'SpreadExpression' | 'KeywordSpreadExpression'; readonly argument: Expr };

export type Stmt =
  | { readonly type: 'Program'; readonly body: readonly Node[] }
  | { readonly type: 'If'; readonly test: Expr; readonly body: readonly Node[]; readonly alternate: readonly Node[] }
  | {
      readonly type: 'For';
      readonly loopvar: Expr;
      readonly iterable: Expr;
      readonly body: readonly Node[];
      readonly defaultBlock: readonly Node[];
    }
  | { readonly type: 'Break' | 'Continue' | 'Comment' }
  | { readonly type: 'Set'; readonly assignee: Expr; readonly value: Expr | null; readonly body: readonly Node[] }
  | { readonly type: 'Macro'; readonly name: Named; readonly args: readonly Expr[]; readonly body: readonly Node[] }
  | {
      readonly type: 'CallStatement';
      readonly call: Expr & { readonly type: 'CallExpression' };
      readonly callerArgs: readonly Expr[] | null;
      readonly body: readonly Node[];
    }
  | { readonly type: 'FilterStatement'; readonly filter: Expr; readonly body: readonly Node[] };

export type Node = Stmt | Expr;
