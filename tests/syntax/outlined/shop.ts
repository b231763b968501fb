import type { A } from './a';
import B, { C } from '../b';

// A user.
export interface User<T> extends A {
  name: string;
  greet(other: User<T>): void;
}

export type Id = string | { a: number };
type Fn = (a: number) => void;

export enum Color { Red, Green }
export const enum Size { S }

export abstract class Store<T extends { id: number }> implements User<T> {
  private cache: Map<string, T> = new Map();
  constructor(private readonly db: B, public name?: string) {}
  abstract load(id: Id): Promise<T>;
  @log()
  public async save(item: T, force = false): Promise<{ ok: boolean }> {
    if (force) { return { ok: true }; }
    return { ok: false };
  }
  private secret() {}
  onClick = (e: Event): void => {};
}

export function over(a: string): void;
export function over(a: any) {}
export default function main() {}

declare module 'x' {}
namespace Inner {
  export function deep() {}
}
export const arrow = <T,>(a: T): T => a;
