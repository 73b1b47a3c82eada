#include "tests/parity/duel/known_differences.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>

namespace parity {
namespace {

constexpr std::uint64_t request_bytes = std::uint64_t{1} << 20U;
constexpr std::uint32_t sector_bytes = 512;

const Slot* slot_of(const Scene& scene, int number) {
  return number >= 0 ? &scene.slots.at(static_cast<std::size_t>(number)) : nullptr;
}

const ZoneFile* file_of(const Step& step, const Scene& scene) {
  const auto number = scene.find(step.path);
  return number ? &scene.files[*number] : nullptr;
}

bool is_direct(const Step& step, const Scene& scene) {
  const Slot* slot = slot_of(scene, step.slot);
  return slot != nullptr && (slot->flags & O_DIRECT) != 0;
}

bool appends(const Step& step, const Scene& scene) {
  const Slot* slot = slot_of(scene, step.slot);
  return (slot != nullptr && (slot->flags & O_APPEND) != 0) ||
         (step.call == Call::pwritev && (step.flags & RWF_APPEND) != 0);
}

/// Where the last of several requests begins.
std::int64_t last_position(const Step& step) {
  const bool several = step.call == Call::aio_write && step.offset >= 0;
  return several ? step.offset + static_cast<std::int64_t>((step.pieces - 1) * step.piece_length) : step.offset;
}

bool creates(const Step& step) {
  const bool opens = step.call == Call::open && (step.flags & O_CREAT) != 0;
  return opens || step.variant == Variant::mkdir || step.variant == Variant::mknod ||
         step.variant == Variant::symlink || step.variant == Variant::link || step.variant == Variant::rename;
}

bool misaligned_memory(const Step& step) { return step.memory_offset % sector_bytes != 0; }

constexpr KnownDifference differences[] = {
    {"read or write of nothing", "What has no length does not reach the daemon.",
     "A read or write of length 0 succeeds wherever the kernel itself answers it",
     [](const Encounter& met) {
       const bool moves_data = is_write(met.step.call) || is_read(met.step.call);
       return moves_data && met.step.length == 0 && met.ours.result == 0;
     }},
    {"limit of a process", "The kernel looks at RLIMIT_FSIZE before the daemon hears of a write.",
     "The limit of a process on the size of files (RLIMIT_FSIZE) is looked at first",
     [](const Encounter& met) {
       return is_write(met.step.call) && met.step.file_limit != 0 && met.ours.failed(EFBIG) && met.kernel.result < 0;
     }},
    {"seek behind the end", "lseek(2) does not reach the daemon.", "Seeking behind the end of a file is possible",
     [](const Encounter& met) {
       return met.step.call == Call::seek && met.step.flags <= SEEK_END && met.kernel.failed(EINVAL) &&
              met.ours.result >= 0;
     }},
    {"append to a conventional file",
     "The position given does not reach the daemon, nor does RWF_APPEND: the kernel has put the end of the file in "
     "place.",
     "On a conventional file, which cannot be appended to, such a write fails with EFBIG where zonefs has EINVAL",
     [](const Encounter& met) {
       const auto refused = [](const Outcome& outcome) { return outcome.failed(EINVAL) || outcome.failed(EFBIG); };
       const bool conventional = met.file() != nullptr && !met.file()->sequential;
       return is_write(met.step.call) && appends(met.step, met.scene) && conventional && refused(met.kernel) &&
              refused(met.ours);
     }},
    {"append without O_DIRECT", "As above; zonefs looks at the position given, and then refuses such a write.",
     "With O_APPEND or RWF_APPEND the offset that a caller gives is not looked at",
     [](const Encounter& met) {
       const auto refused = [](const Outcome& outcome) { return outcome.failed(EIO) || outcome.failed(EFBIG); };
       return is_write(met.step.call) && appends(met.step, met.scene) && !is_direct(met.step, met.scene) &&
              refused(met.kernel) && refused(met.ours);
     }},
    {"shared mapping of a sequential file open for writing",
     "mmap(2) does not reach the daemon; its kernel side has another errno.", "fails with ENODEV instead of EINVAL",
     [](const Encounter& met) {
       return met.step.call == Call::map && met.kernel.failed(EINVAL) && met.ours.failed(ENODEV);
     }},
    {"shared mapping of an offline file", "It is read without the page cache, so that reads are refused.",
     "fails with ENODEV",
     [](const Encounter& met) {
       return met.step.call == Call::map && met.kernel.failed(EFAULT) && met.ours.failed(ENODEV);
     }},
    {"bad files and others than root", "FUSE has no immutable files, and looks at the permissions first.",
     "For users other than root the file of a bad zone answers EACCES instead of EPERM",
     [](const Encounter& met) {
       return met.step.as_other_user && met.kernel.failed(EPERM) && met.ours.failed(EACCES);
     }},
    {"bad files and access(2)", "FUSE has no immutable files.", "access(2) tells root that it can be written",
     [](const Encounter& met) {
       return met.step.call == Call::access && met.kernel.failed(EPERM) &&
              (met.ours.result == 0 || met.ours.failed(EACCES));
     }},
    {"bad files and rmdir(2)", "FUSE has no immutable files.", "rmdir(2) of it answers ENOTDIR",
     [](const Encounter& met) {
       return met.step.variant == Variant::rmdir && met.kernel.failed(EPERM) && met.ours.failed(ENOTDIR);
     }},
    {"new names", "FUSE's kernel side looks at the mount and the directory first.",
     "A new name is refused with EROFS on a read-only mount, and with EACCES to users who may not write",
     [](const Encounter& met) {
       const bool other_errno = (met.scene.is_read_only && met.ours.failed(EROFS)) ||
                                (met.step.as_other_user && met.ours.failed(EACCES)) ||
                                (met.step.variant == Variant::link && met.ours.failed(EPERM));
       return creates(met.step) && met.kernel.failed(ENOENT) && other_errno;
     }},
    {"extended attributes of the root", "They are what zonecopyfs has instead of /sys/fs/zonefs.",
     "There is no /sys/fs/zonefs; the extended attributes have its numbers.",
     [](const Encounter& met) {
       return met.step.call == Call::attribute && met.step.variant == Variant::list && met.step.path.empty() &&
              met.kernel.result == 0 && met.ours.result > 0;
     }},
    {"reading a bad file without size", "The kernel answers a read behind the end of the file itself.",
     "A read by a descriptor from before a zone went offline finds the end of the file",
     [](const Encounter& met) {
       return (is_read(met.step.call) || met.step.call == Call::sendfile) && met.kernel.failed(EPERM) &&
              met.ours.result == 0;
     }},
    {"the read that finds a bad zone", "FUSE's kernel side reads ahead and, when that fails, again.",
     "A buffered read that finds a zone offline may fail with EPERM instead of EIO",
     [](const Encounter& met) {
       const bool buffered = is_read(met.step.call) && !is_direct(met.step, met.scene);
       return (buffered || met.step.call == Call::sendfile) && met.kernel.failed(EIO) && met.ours.failed(EPERM);
     }},
    {"misaligned memory", "Where the data lies in the caller's memory does not reach the daemon.",
     "The memory of a direct read or write may lie anywhere",
     [](const Encounter& met) {
       return is_read(met.step.call) && is_direct(met.step, met.scene) && misaligned_memory(met.step) &&
              met.kernel.failed(EINVAL);
     }},
    {"read-only after an error", "The kernel marks a mount read-only only when no file is open for writing.",
     "/proc/mounts shows ro only once no file is open for writing any more.",
     [](const Encounter& met) {
       if (!met.scene.is_read_only || !met.scene.writers()) return false;
       const Call call = met.step.call;
       if (call == Call::open) return met.kernel.failed(EROFS) && met.ours.failed(EACCES);
       const bool shown = call == Call::access || call == Call::statfs || call == Call::name;
       return shown && (met.kernel.failed(EROFS) || met.kernel.words.ends_with("ro true"));
     }},
};

constexpr UnplayableStep steps[] = {
    {"misaligned memory, writing",
     "As with reading; and zonefs takes its own refusal for an error of the device, and may turn the mount read-only.",
     "The memory of a direct read or write may lie anywhere",
     [](const Step& step, const Scene& scene) {
       return is_write(step.call) && is_direct(step, scene) && misaligned_memory(step);
     }},
    {"long write with a bad end",
     "A write of more than 1 MiB arrives in pieces; those in front of the bad one are written.",
     "When a piece fails, the call returns the bytes in front of it instead of the error.",
     [](const Step& step, const Scene& scene) {
       const std::uint64_t at_once = step.call == Call::pwritev ? step.length : step.piece_length;
       if (!is_write(step.call) || !is_direct(step, scene) || at_once + step.memory_offset <= request_bytes)
         return false;
       return step.length % scene.block_bytes != 0 || step.memory_offset != 0 || step.fault;
     }},
    {"append at a position behind the end",
     "With O_APPEND and RWF_APPEND the position given does not reach the daemon; zonefs refuses one behind the "
     "capacity.",
     "the offset that a caller gives is not looked at",
     [](const Step& step, const Scene& scene) {
       const ZoneFile* file = file_of(step, scene);
       return is_write(step.call) && appends(step, scene) && file != nullptr && file->sequential &&
              last_position(step) >= static_cast<std::int64_t>(file->capacity_bytes);
     }},
    {"append at a file position behind the end", "As above, with a position that was left behind by a truncate.",
     "the offset that a caller gives is not looked at",
     [](const Step& step, const Scene& scene) {
       return step.call == Call::write && appends(step, scene) && !step.seek_first;
     }},
    {"options of a mount that stays read-only",
     "They are given to the daemon as an extended attribute, which the kernel does not let through.",
     "On a read-only mount options change only with rw",
     [](const Step& step, const Scene& scene) {
       return step.call == Call::remount && scene.is_read_only && step.options.starts_with("ro");
     }},
    {"copy to a sequential file", "zonefs cannot, zonecopyfs can.", "copy_file_range(2) works; zonefs answers EIO.",
     [](const Step& step, const Scene& scene) {
       const Slot* to = slot_of(scene, step.other_slot);
       return step.call == Call::copy && step.length != 0 && to != nullptr && to->file &&
              scene.files[*to->file].sequential;
     }},
};

constexpr ComparedOtherwise others[] = {
    {"file system type and id", "FUSE has its own.", "statfs(2) tells the type of FUSE and no file system id."},
    {"access times", "FUSE does not keep them on reads; compared where utimens sets them.",
     "reading does not change the access time"},
    {"times after a shared mapping was written",
     "Writing to mapped memory does not reach the daemon before the data does.",
     "Writing to a shared mapping changes times when the data is written back."},
    {"times after an asynchronous write that failed",
     "FUSE then truncates the file to the size that it has, like a program would.",
     "A failed asynchronous write changes times"},
    {"times after open(2) with O_RDONLY and O_TRUNC",
     "The truncate that follows such an open does not tell itself from a truncate(2).",
     "an open(2) with O_RDONLY | O_TRUNC does not"},
    {"times after truncate(2) of the file that was last opened for writing", "As above, the other way round.",
     "as does truncate(2) after an open(2) for writing by the same process"},
    {"times after caches were dropped", "zonefs forgets them, zonecopyfs does not.",
     "zonefs forgets those of a file that is dropped from the inode cache"},
    {"moment of a close", "The daemon hears of a close after close(2) has returned: counters are waited for.",
     "Closing a file takes effect a moment after close(2) has returned"},
};

}  // namespace

const Slot* Encounter::slot() const { return slot_of(scene, step.slot); }
const ZoneFile* Encounter::file() const { return file_of(step, scene); }

std::span<const KnownDifference> known_differences() { return differences; }
std::span<const UnplayableStep> unplayable_steps() { return steps; }
std::span<const ComparedOtherwise> compared_otherwise() { return others; }

}  // namespace parity
