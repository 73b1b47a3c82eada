// One of the two mounts, and what is open there.
#pragma once

#include <sys/stat.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/parity/duel/mounting.h"
#include "tests/parity/duel/outcome.h"
#include "tests/parity/duel/step.h"

namespace parity {

class AsyncQueue;

/// Memory that direct I/O takes, and that begins on a page.
class PageMemory {
 public:
  explicit PageMemory(std::size_t bytes);
  ~PageMemory();
  PageMemory(const PageMemory&) = delete;
  PageMemory& operator=(const PageMemory&) = delete;

  [[nodiscard]] std::byte* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return bytes_; }

 private:
  std::size_t bytes_;
  std::byte* data_;
};

inline constexpr std::size_t slots_max = 10;

class Side {
 public:
  /// `random_data` is what is written; the same for both sides.
  Side(const MountPlace& place, const PageMemory& random_data);
  ~Side();
  Side(const Side&) = delete;
  Side& operator=(const Side&) = delete;

  [[nodiscard]] Outcome perform(const Step& step);
  [[nodiscard]] int fd(int slot) const { return slot < 0 ? -1 : fds_.at(static_cast<std::size_t>(slot)); }
  [[nodiscard]] std::string path(const std::string& relative) const;
  void close_all();
  [[nodiscard]] MountPlace& place() { return place_; }

  /// Of a path without following it, or of a slot.
  [[nodiscard]] Outcome facts(const std::string& relative, int slot, struct stat& facts) const;

 private:
  Outcome dispatch(const Step& step);
  Outcome open(const Step& step);
  Outcome close(const Step& step);
  Outcome transfer(const Step& step);
  Outcome transfer_asynchronously(const Step& step, std::byte* memory);
  Outcome truncate(const Step& step);
  Outcome synchronise(const Step& step);
  Outcome map(const Step& step);
  Outcome copy(const Step& step);
  Outcome change_attributes(const Step& step);
  Outcome statistics(const Step& step);
  Outcome change_name(const Step& step);
  Outcome list(const Step& step);
  Outcome extended_attribute(const Step& step);
  Outcome control(const Step& step);
  Outcome mount_again(const Step& step);
  Outcome drop_caches(const char* which);

  MountPlace place_;
  const PageMemory& random_data_;
  PageMemory read_data_;
  std::vector<int> fds_;
  std::unique_ptr<AsyncQueue> queue_;
};

}  // namespace parity
