// SQLite as the system ships it, with the two things that do not import into Swift: a cast macro and a variadic call.
#ifndef OFFSTAGE_CSQLITE_SHIM_H
#define OFFSTAGE_CSQLITE_SHIM_H
#include <sqlite3.h>

static inline int offstage_bind_blob_transient(sqlite3_stmt *s, int i, const void *p, int n) {
    return sqlite3_bind_blob(s, i, p, n, SQLITE_TRANSIENT);
}
static inline int offstage_bind_blob_static(sqlite3_stmt *s, int i, const void *p, int n) {
    return sqlite3_bind_blob(s, i, p, n, SQLITE_STATIC);
}
static inline int offstage_bind_text_transient(sqlite3_stmt *s, int i, const char *p, int n) {
    return sqlite3_bind_text(s, i, p, n, SQLITE_TRANSIENT);
}
static inline int offstage_bind_text_static(sqlite3_stmt *s, int i, const char *p, int n) {
    return sqlite3_bind_text(s, i, p, n, SQLITE_STATIC);
}
static inline int offstage_checkpoint_on_close(sqlite3 *db, int on) {
    return sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !on, (int *)0);
}
// Reads the first bytes of the database's own file, not of its log, through the descriptor that SQLite has: closing
// another descriptor of the file would drop SQLite's locks.
static inline int offstage_read_header(sqlite3 *db, unsigned char *bytes, int count) {
    sqlite3_file *file = 0;
    int code = sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (code != SQLITE_OK || file == 0 || file->pMethods == 0) return SQLITE_MISUSE;
    return file->pMethods->xRead(file, bytes, count, 0);
}
// Whether the path names another file than the one that SQLite has open.
static inline int offstage_has_moved(sqlite3 *db) {
    int moved = 0;
    return sqlite3_file_control(db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved;
}
#endif
