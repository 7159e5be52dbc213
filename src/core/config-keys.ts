/** What the schema of the configuration is written with: keys and tables that may be left out. */
import { z } from 'zod'

/** What is inside a schema that has a default or may be left out. */
export const unwrapped = (schema: unknown): unknown =>
  schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional
    ? unwrapped(schema.unwrap())
    : schema

/** A key that may be left out: its default and what it is for. The cast: zod cannot see that T's own output fits T. */
export const key = <T extends z.ZodType>(type: T, preset: z.output<T>, description: string) =>
  type.default(preset as never).meta({ description })

/** A table that may be left out. The cast: all its keys may be left out too, which zod cannot see in S. */
export const section = <S extends z.ZodRawShape>(shape: S, description: string) =>
  z
    .strictObject(shape)
    .prefault({} as never)
    .meta({ description })
