#include "tools/compact/durable_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "zonecopy/file_descriptor.h"
#include "zonecopy/size.h"

namespace zonecopy::compact {
namespace {

/// Others may not write: whoever goes on with such a file trusts it (read_own_if_there).
constexpr mode_t file_mode = 0644;
constexpr mode_t others_write = 0022;

Error make_error(const std::string& operation, const std::string& path, int code) {
  Error error(code, operation);
  error.on_device(path);
  return error;
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Status sync_folder(const std::string& path) {
  const std::string folder = folder_of(path);
  const FileDescriptor fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || fsync(fd.get()) != 0) return make_error("make durable", folder, errno);
  return {};
}

Status write_all(int fd, const std::string& path, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return make_error("write", path, errno);
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  if (fsync(fd) != 0) return make_error("make durable", path, errno);
  return {};
}

/// A new file: what an earlier run has left there is removed.
Status write_new(const std::string& path, std::string_view text) {
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return make_error("write", path, errno);
  const FileDescriptor fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, file_mode));
  if (!fd) return make_error("create", path, errno);
  return write_all(fd.get(), path, text);
}

Status put_in_place(const std::string& unfinished, const std::string& path, IfThere if_there) {
  const unsigned flags = if_there == IfThere::refuse ? RENAME_NOREPLACE : 0;
  int renamed = renameat2(AT_FDCWD, unfinished.c_str(), AT_FDCWD, path.c_str(), flags);
  // Some file systems do not know the flag. There the caller's own look whether the file exists has to do.
  if (renamed != 0 && errno == EINVAL) renamed = rename(unfinished.c_str(), path.c_str());
  if (renamed == 0) return sync_folder(path);
  return make_error("write", path, errno);
}

/// Nobody else can have written it, but root.
bool only_own(const struct stat& facts) {
  return (facts.st_uid == geteuid() || facts.st_uid == 0) && (facts.st_mode & others_write) == 0;
}

}  // namespace

std::string unfinished_name(const std::string& path) { return path + ".unfinished"; }

Status write_durably(const std::string& path, std::string_view text, IfThere if_there) {
  const std::string unfinished = unfinished_name(path);
  Status written = write_new(unfinished, text);
  if (written) written = put_in_place(unfinished, path, if_there);
  if (!written) unlink(unfinished.c_str());
  return written;
}

Status check_writable(const std::string& path) {
  const std::string unfinished = unfinished_name(path);
  const Status written = write_new(unfinished, "");
  if (written) unlink(unfinished.c_str());
  return written;
}

Status remove_durably(const std::string& path) {
  if (unlink(path.c_str()) != 0) return make_error("remove", path, errno);
  return sync_folder(path);
}

Result<std::string> read_to_end(int fd, const std::string& path, std::size_t max_bytes) {
  std::string text;
  std::array<char, 65536> piece{};
  while (true) {
    const ssize_t count = read(fd, piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return make_error("read", path, errno);
    if (count == 0) return text;
    if (static_cast<std::size_t>(count) > max_bytes - text.size()) {
      return Error(E2BIG, "read", fmt::format("it is longer than {}", format_size(max_bytes))).on_device(path);
    }
    text.append(piece.data(), static_cast<std::size_t>(count));
  }
}

Result<std::optional<std::string>> read_own_if_there(const std::string& path) {
  // O_NONBLOCK: a FIFO, which is refused below, would else wait for a writer.
  const FileDescriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  if (!fd && errno == ENOENT) return std::optional<std::string>();
  if (!fd && errno == ELOOP)
    return Error(ELOOP, "open", "it is a symbolic link, which is not followed").on_device(path);
  if (!fd) return make_error("open", path, errno);
  struct stat facts {};
  if (fstat(fd.get(), &facts) != 0) return make_error("open", path, errno);
  if (!S_ISREG(facts.st_mode)) return Error(EINVAL, "open", "it is no ordinary file").on_device(path);
  if (!only_own(facts)) {
    return Error(EPERM, "open", "it belongs to another user, or others may write to it, so it is not trusted")
        .on_device(path);
  }
  Result<std::string> text = read_to_end(fd.get(), path);
  if (!text) return text.error();
  return std::optional<std::string>(std::move(*text));
}

}  // namespace zonecopy::compact
