#include <archive.h>
#include <archive_entry.h>

// Variadic in C, which Swift does not import.
static inline void archive_set_error_text(struct archive *archive, const char *text) {
    archive_set_error(archive, -1, "%s", text);
}
