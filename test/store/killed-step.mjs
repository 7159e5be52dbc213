/** A process that brings a folder of schema 1 up to date and is killed in the middle of a step: `node killed-step.mjs DIR`. */
import { openWriter } from '../../dist/src/store/sqlite/connection.js'
import { migrate, migrations } from '../../dist/src/store/sqlite/schema.js'

const db = openWriter(process.argv[2])
// Pages that do not fit are written before the commit, as in a large step.
db.pragma('cache_size = 5')
db.function('die', () => process.kill(process.pid, 'SIGKILL'))
const half = `
  CREATE TABLE half_done (x);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
    INSERT INTO half_done SELECT randomblob(100) FROM n;
  UPDATE account SET display_name = 'half';
  SELECT die();`
migrate(db, process.argv[2], [migrations[0], migrations[1], half])
