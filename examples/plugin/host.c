/* A program that scores texts by plug-ins, and knows nothing of Python.

       ./host PLUGIN... -- FILE...

   Each text is scored in a thread of its own, where the first call of a plug-in may come to start Python. */

#define _POSIX_C_SOURCE 200809L

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin.h"

enum { MAX_PLUGINS = 8, MAX_TEXTS = 64 };

typedef int score_function(const document_t *, score_t *);

typedef struct {
    const char *name;
    score_t scores[MAX_PLUGINS];
    int status[MAX_PLUGINS];
} text_t;

static score_function *plugins[MAX_PLUGINS];
static int plugin_count;

static void load_plugin(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    void *symbol = library == NULL ? NULL : dlsym(library, "plugin_score");
    if (symbol == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    memcpy(&plugins[plugin_count++], &symbol, sizeof symbol);    /* C has no cast for this */
}

static char *read_file(const char *name, size_t *length)
{
    char *data = NULL;
    long size;
    FILE *file = fopen(name, "rb");

    if (file == NULL)
        return NULL;
    if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) >= 0 && fseek(file, 0, SEEK_SET) == 0) {
        data = malloc((size_t)size + 1);
        if (data != NULL)
            *length = fread(data, 1, (size_t)size, file);
    }
    fclose(file);
    return data;
}

static void *score_text(void *argument)
{
    text_t *text = argument;
    document_t document;
    char *data = read_file(text->name, &document.length);

    document.text = data;
    for (int i = 0; i < plugin_count; i++)
        text->status[i] = data == NULL ? -1 : plugins[i](&document, &text->scores[i]);
    free(data);
    return NULL;
}

int main(int argc, char **argv)
{
    static text_t texts[MAX_TEXTS];
    pthread_t threads[MAX_TEXTS];
    int count = 0, i = 1;

    for (; i < argc && strcmp(argv[i], "--") != 0 && plugin_count < MAX_PLUGINS; i++)
        load_plugin(argv[i]);
    for (i++; i < argc && count < MAX_TEXTS; i++)
        texts[count++].name = argv[i];

    for (i = 0; i < count; i++)
        if (pthread_create(&threads[i], NULL, score_text, &texts[i]) != 0)
            return 1;
    for (i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
        printf("%s:", texts[i].name);
        for (int j = 0; j < plugin_count; j++) {
            if (texts[i].status[j] == 0)
                printf(" %.1f %s", texts[i].scores[j].value, texts[i].scores[j].unit);
            else
                printf(" no score");
        }
        printf("\n");
    }
    return 0;
}
