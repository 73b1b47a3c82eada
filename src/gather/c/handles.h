// What the handles of the C interface stand for, and the wall that no exception passes.
#pragma once

#include <atomic>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "zonecopy/gather.h"
#include "zonecopy/zonecopy.h"

// NOLINTBEGIN(readability-identifier-naming): names as C has them
struct zonecopy_gatherer {
  std::unique_ptr<zonecopy::Gatherer> gatherer;
  std::atomic<bool> stop{false};
};

struct zonecopy_file {
  std::shared_ptr<zonecopy::GatherFile> file;
};
// NOLINTEND(readability-identifier-naming)

namespace zonecopy::gather::c {

/// Copies a text, cut to the size of `room`.
template <std::size_t size>
void put_text(std::string_view text, char (&room)[size]) {
  const std::size_t length = std::min(text.size(), size - 1);
  std::memcpy(room, text.data(), length);
  room[length] = '\0';
}

/// Returns the negative errno of `failure`, and tells it in `error`, which may be null.
int tell(const Error& failure, zonecopy_error* error);
/// The same for an exception that is under way: called in a catch block.
int tell_exception(zonecopy_error* error) noexcept;

/// A null pointer, or a structure of a size that is none.
[[nodiscard]] Error misuse(std::string_view what);

/// Calls `function`, which returns 0 or a negative errno, and lets no exception out.
template <typename Function>
auto guarded(zonecopy_error* error, Function&& function) noexcept -> decltype(function()) {
  try {
    return function();
  } catch (...) {
    return tell_exception(error);
  }
}

}  // namespace zonecopy::gather::c
