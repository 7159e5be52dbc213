import { expect, test } from 'vitest'
import { fieldText } from './encoded-words.js'
import { harmlessName, parameterText } from './file-name.js'
import { parseDisposition } from './parameters.js'

const latin1 = (text: string): string => Buffer.from(text).toString('latin1')

test.each([
  ['=?ISO-8859-1?Q?Andr=E9?= Pirard', 'André Pirard'],
  ['(=?ISO-8859-1?Q?a?=\r\n =?ISO-8859-1?Q?b?=)', '(ab)'],
  ['=?utf-8?B?w6Q=?= =?iso-8859-1?q?=e4?=', 'ää'],
  ['=?utf-8?B?ww==?= =?utf-8?B?pA==?=', 'ä'],
  ['=?utf-8?Q?=C3?=\r\n =?UTF-8?Q?=A4?=', 'ä'],
  ['=?utf-7?Q?+AOQ-?=', 'ä'],
  ['=?utf-16be?B?2AA=?=', '\ufffd'],
  ['=?utf-8*de?q?a_b?=', 'a b'],
  ['=?x-nonsense?q?=e4b?=', '\ufffdb'],
  ['=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=', '日本'],
  ['a\r\n b', 'a b'],
  [latin1('Grüße'), 'Grüße'],
  ['Gr\xfc\xdfe', 'Grüße'],
  ['=?iso-8859-1?Q?J\xfcrgen?= =?iso-8859-1?Q?_Schm\xfcr?=', 'Jürgen Schmür'],
  [`${latin1('é')} =?iso-8859-15?q?\xa4?=`, 'é €'],
  ['=?utf-8?x?a?= =?broken', '=?utf-8?x?a?= =?broken'],
])('%j reads %j (RFC 2047)', (octets, text) => {
  expect(fieldText(octets)).toBe(text)
})

test.each([
  ['filename=a.txt', 'a.txt'],
  ["filename*=utf-8''%e2%82%ac%20rates", '€ rates'],
  ["filename*=iso-8859-1'en'%a3.txt", '£.txt'],
  [
    "filename*0*=us-ascii'en'This%20is%20even%20more%20; filename*1*=%2A%2A%2Afun%2A%2A%2A%20; filename*2=\"isn't it!\"",
    "This is even more ***fun*** isn't it!",
  ],
  ['filename*0=a; filename*1=b.txt', 'ab.txt'],
  ["filename=plain; filename*=utf-8''better", 'better'],
  ["filename*0*=utf-8''%F0%9F; filename*1*=%98%80", '😀'],
  ["filename*=utf-8''%22%5C%22", '"\\"'],
  [latin1('filename="grün \\"x\\".txt"'), 'grün "x".txt'],
  ["filename*=x-nonsense''%41", 'A'],
  ['filename="=?utf-8?q?=C3=A4.txt?="', 'ä.txt'],
])('%s (RFC 2231)', (parameters, name) => {
  expect(parameterText(parseDisposition(`attachment; ${parameters}`, 100)?.parameters ?? [], 'filename')).toBe(name)
})

test.each([
  ['../../etc/passwd', 'passwd'],
  ['C:\\Windows\\cmd.exe', 'cmd.exe'],
  ['a\0b\r\nc', 'abc'],
  ['\u202etxt.exe', 'txt.exe'],
  ['..', null],
  ['', null],
  ['a/', null],
  [' .hidden. ', 'hidden'],
  [`${'ä'.repeat(300)}.pdf`, `${'ä'.repeat(125)}.pdf`],
  ['😀'.repeat(100), '😀'.repeat(63)],
])('the file name %j becomes %j', (name, harmless) => {
  expect(harmlessName(name)).toBe(harmless)
})
