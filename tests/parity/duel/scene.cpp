#include "tests/parity/duel/scene.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

namespace parity {

bool Slot::readable() const { return (flags & O_ACCMODE) != O_WRONLY && (flags & O_PATH) == 0; }
bool Slot::writable() const { return (flags & O_ACCMODE) != O_RDONLY && (flags & O_PATH) == 0; }

void Scene::look_again() {
  struct statfs facts {};
  is_read_only = statfs(kernel_mount.c_str(), &facts) == 0 && (facts.f_flags & ST_RDONLY) != 0;
}

void Scene::explore() {
  files.clear();
  for (const char* group : {"cnv", "seq"}) {
    for (unsigned number = 0;; ++number) {
      const std::string path = fmt::format("{}/{}", group, number);
      struct stat facts {};
      if (stat(fmt::format("{}/{}", kernel_mount, path).c_str(), &facts) != 0) break;
      files.push_back({path, group[0] == 's', static_cast<std::uint64_t>(facts.st_blocks) * 512, facts.st_ino});
      block_bytes = static_cast<std::uint32_t>(facts.st_blksize);
    }
  }
}

std::uint64_t Scene::size(std::size_t file) const {
  struct stat facts {};
  if (stat(fmt::format("{}/{}", kernel_mount, files.at(file).path).c_str(), &facts) != 0) return 0;
  return static_cast<std::uint64_t>(facts.st_size);
}

std::optional<std::size_t> Scene::find(const std::string& path) const {
  for (std::size_t number = 0; number < files.size(); ++number) {
    if (files[number].path == path) return number;
  }
  return std::nullopt;
}

bool Scene::writers() const {
  for (const Slot& slot : slots) {
    if (slot.open && slot.writable()) return true;
  }
  return false;
}

}  // namespace parity
