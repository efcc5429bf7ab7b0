// libcurl, with typed forms of its variadic setter, which Swift cannot call.
#ifndef OFFSTAGE_CCURL_SHIM_H
#define OFFSTAGE_CCURL_SHIM_H
#include <curl/curl.h>

static inline CURLcode demo_curl_set_string(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode demo_curl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode demo_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(handle, option, value);
}

typedef size_t (*demo_curl_reader)(char *buffer, size_t size, size_t count, void *context);

static inline CURLcode demo_curl_set_reader(CURL *handle, demo_curl_reader reader, void *context) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_READFUNCTION, reader);
    return code == CURLE_OK ? curl_easy_setopt(handle, CURLOPT_READDATA, context) : code;
}

static inline CURLcode demo_curl_set_error_buffer(CURL *handle, char *buffer) {
    return curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, buffer);
}
#endif
