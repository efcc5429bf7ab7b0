// Distinguishes network file systems from local ones. Most have a magic number. Those made with FUSE share one number,
// so their type is read from the mount table, where the path's device number finds the entry.
#if defined(__linux__)
#define _GNU_SOURCE
#endif
#include "system.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#if defined(__linux__)
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#define FUSE_MAGIC 0x65735546

struct kind {
    uint32_t magic;
    const char *name;
};

static const struct kind kinds[] = {
    {0x00006969, "nfs"},  {0xff534d42, "cifs"},  {0xfe534d42, "smb2"},   {0x0000517b, "smb"},
    {0x5346414f, "afs"},  {0x6b414653, "afs"},   {0x73757245, "coda"},   {0x00c36400, "ceph"},
    {0x0000564c, "ncp"},  {0x0bd00bd0, "lustre"}, {0x47504653, "gpfs"},  {0x01021997, "9p"},
};

static const char *const fuse_kinds[] = {
    "fuse.sshfs", "fuse.glusterfs", "fuse.ceph-fuse", "fuse.s3fs",   "fuse.rclone",   "fuse.gcsfuse",
    "fuse.davfs", "fuse.juicefs",   "fuse.goofys",    "fuse.curlftpfs", "fuse.smbnetfs", "fuse.moosefs",
};

static const char *fuse_kind(const char *path) {
    struct stat facts;
    if (stat(path, &facts) != 0) return NULL;
    FILE *mounts = fopen("/proc/self/mountinfo", "re");
    if (mounts == NULL) return NULL;
    const char *found = NULL;
    char line[4096];
    while (found == NULL && fgets(line, sizeof line, mounts) != NULL) {
        unsigned major_number = 0, minor_number = 0;
        if (sscanf(line, "%*d %*d %u:%u ", &major_number, &minor_number) != 2) continue;
        if (makedev(major_number, minor_number) != facts.st_dev) continue;
        // The type follows the optional fields, which end with a lone dash.
        const char *dash = strstr(line, " - ");
        if (dash == NULL) continue;
        for (size_t index = 0; index < sizeof fuse_kinds / sizeof *fuse_kinds; index++) {
            size_t length = strlen(fuse_kinds[index]);
            if (strncmp(dash + 3, fuse_kinds[index], length) == 0 && dash[3 + length] == ' ') found = fuse_kinds[index];
        }
    }
    fclose(mounts);
    return found;
}

static const char *network_kind(const char *path) {
    struct statfs facts;
    if (statfs(path, &facts) != 0) return NULL;
    uint32_t magic = (uint32_t)facts.f_type;
    return magic == FUSE_MAGIC ? fuse_kind(path) : offstage_network_kind(magic);
}

const char *offstage_network_kind(uint32_t magic) {
    for (size_t index = 0; index < sizeof kinds / sizeof *kinds; index++) {
        if (kinds[index].magic == magic) return kinds[index].name;
    }
    return NULL;
}

#else
#include <sys/mount.h>
#include <sys/param.h>

const char *offstage_network_kind(uint32_t magic) {
    (void)magic;
    return NULL;
}

static const char *network_kind(const char *path) {
    struct statfs facts;
    if (statfs(path, &facts) != 0 || (facts.f_flags & MNT_LOCAL) != 0) return NULL;
    if (strcmp(facts.f_fstypename, "nfs") == 0) return "nfs";
    return strcmp(facts.f_fstypename, "smbfs") == 0 ? "smb" : "network";
}
#endif

const char *offstage_network_file_system(const char *path) {
    int kept = errno;
    const char *name = network_kind(path);
    errno = kept;
    return name;
}

uint64_t offstage_mount_id(const char *path) {
#if defined(__linux__) && defined(STATX_MNT_ID)
    int kept = errno;
    struct statx facts;
    int answer = statx(AT_FDCWD, path, 0, STATX_MNT_ID, &facts);
    errno = kept;
    // Kernels before 5.8 do not fill it in.
    return answer == 0 && (facts.stx_mask & STATX_MNT_ID) != 0 ? facts.stx_mnt_id : 0;
#else
    (void)path;
    return 0;
#endif
}
