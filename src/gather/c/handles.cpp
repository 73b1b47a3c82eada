// Gatherers for C, and how errors are told.
#include "src/gather/c/handles.h"

#include <cstddef>
#include <exception>
#include <new>
#include <system_error>

namespace zonecopy::gather::c {

int tell(const Error& failure, zonecopy_error* error) {
  if (error != nullptr && error->struct_size >= offsetof(zonecopy_error, text) + sizeof error->text) {
    error->code = -failure.code();
    put_text(failure.text(), error->text);
  }
  return -failure.code();
}

int tell_exception(zonecopy_error* error) noexcept {
  try {
    try {
      throw;
    } catch (const std::bad_alloc&) {
      return tell(Error(ENOMEM, "zonecopy"), error);
    } catch (const std::system_error& failure) {
      const int code = failure.code().value();
      return tell(Error(code > 0 ? code : EIO, "zonecopy", failure.what()), error);
    } catch (const std::exception& failure) {
      return tell(Error(EIO, "zonecopy", failure.what()), error);
    } catch (...) {
      return tell(Error(EIO, "zonecopy", "an exception of a kind that is not known"), error);
    }
  } catch (...) {
    // Not even the text could be made.
    return -ENOMEM;
  }
}

Error misuse(std::string_view what) { return {EINVAL, "zonecopy", std::string(what)}; }

}  // namespace zonecopy::gather::c

using namespace zonecopy;             // NOLINT(google-build-using-namespace): the functions of C stand outside
using namespace zonecopy::gather::c;  // NOLINT(google-build-using-namespace)

const char* zonecopy_version(void) { return ZONECOPY_VERSION; }

int zonecopy_gatherer_new(zonecopy_gatherer** gatherer, zonecopy_error* error) {
  return guarded(error, [&] {
    if (gatherer == nullptr) return tell(misuse("gatherer is a null pointer"), error);
    *gatherer = nullptr;
    Result<std::unique_ptr<Gatherer>> made = Gatherer::create();
    if (!made) return tell(made.error(), error);
    auto handle = std::make_unique<zonecopy_gatherer>();
    handle->gatherer = std::move(*made);
    *gatherer = handle.release();
    return 0;
  });
}

void zonecopy_gatherer_free(zonecopy_gatherer* gatherer) { delete gatherer; }

void zonecopy_stop(zonecopy_gatherer* gatherer) {
  static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may call this");
  if (gatherer != nullptr) gatherer->stop.store(true, std::memory_order_relaxed);
}
