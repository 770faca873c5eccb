/* What a plug-in exports: declarations only, because build_plugin.py gives them to embedding_api(). */

typedef struct {
    const char *text;    /* UTF-8 */
    size_t length;
} document_t;

typedef struct {
    double value;
    char unit[16];
} score_t;

/* Any thread may call it. Returns 0, or -1 if there is no score. */
int plugin_score(const document_t *document, score_t *score);
