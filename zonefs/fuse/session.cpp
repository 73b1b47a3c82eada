#include "zonefs/fuse/session.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>

#include "zonefs/core/request_size.h"
#include "zonefs/fuse/newer_requests.h"
#include "zonefs/host/fuse_mount.h"

namespace zonecopy::zonefs {
namespace {

constexpr std::size_t page_bytes = 4096;
// One page more than the data, for the header.
constexpr std::size_t request_max_bytes = request_data_max_bytes + page_bytes;
// A FUSE_WRITE is fuse_in_header and fuse_write_in, then the data. It is read in such a way that the data begins on a
// page, which devices need: copying up to 1 MiB there would cost more than the rest of the request.
constexpr std::size_t write_header_bytes = 40 + 40;
constexpr std::size_t request_offset_bytes = page_bytes - write_header_bytes;
constexpr std::size_t request_buffers_max = 96;
// Of several devices: one that does not answer is not to take what another needs.
constexpr std::size_t request_buffers_max_of_each = 256;
constexpr unsigned background_requests_max = 64;
constexpr unsigned background_requests_max_of_each = 256;
// Of Linux 6.6, in which a direct write drops cached pages of the range before it.
constexpr unsigned first_minor_that_drops_overwritten = 39;
constexpr int remount_attempts = 6;
constexpr std::int64_t remount_first_pause_ns = 10'000'000;
constexpr TimeSpec pause_without_memory{0, 20'000'000};
// After so many requests in a row completions are handled.
constexpr int requests_before_yield = 32;

/// The messages of libfuse while mounting. It would print them; here they go into the one line of the error.
thread_local std::string* libfuse_words = nullptr;

void catch_libfuse_words(fuse_log_level, const char* format, va_list arguments) {
  char line[512];
  vsnprintf(line, sizeof line, format, arguments);
  if (libfuse_words != nullptr) libfuse_words->append(line);
}

std::vector<std::string> kernel_options(const SessionOptions& options, const Mount& mounted) {
  const MountOptions& mount_options = mounted.options();
  std::vector<std::string> all;
  if (options.allow_other) all.emplace_back("allow_other");
  if (mounted.read_only()) all.emplace_back("ro");
  all.insert(all.end(), mount_options.passed_on.begin(), mount_options.passed_on.end());
  return all;
}

/// libfuse is used for the protocol only and not for mounting: it knows a mount by its path, and would unmount another
/// mount that has taken the path.
fuse_session* new_fuse_session(Session* session, const MountOptions& options) {
  const bool allow_root = std::ranges::find(options.passed_on, "allow_root") != options.passed_on.end();
  const char* arguments[] = {"zonecopyfs", "-oallow_root"};
  fuse_args args = FUSE_ARGS_INIT(allow_root ? 2 : 1, const_cast<char**>(arguments));
  fuse_session* made = fuse_session_new(&args, &session_operations(), sizeof(fuse_lowlevel_ops), session);
  fuse_opt_free_args(&args);
  return made;
}

/// A count or a negative errno, as from io_uring.
std::int32_t read_request(int fd, std::span<std::byte> memory) {
  const ssize_t count = read(fd, memory.data(), memory.size());
  return count < 0 ? -errno : static_cast<std::int32_t>(count);
}

std::size_t request_buffers_for(const Mount& mount) {
  return mount.single() ? request_buffers_max : request_buffers_max_of_each * mount.parts().size();
}

unsigned background_requests_for(const Mount& mount) {
  const auto devices = static_cast<unsigned>(mount.parts().size());
  return mount.single() ? background_requests_max : background_requests_max_of_each * devices;
}

/// Nothing was read, and the next attempt may. ENOENT: the request was interrupted.
bool passes(std::int32_t count) { return count == -EINTR || count == -ENOENT || count == -EAGAIN; }

}  // namespace

Session::Session(EventLoop& loop, Mount& mount, Log& log, SessionOptions options, std::function<void()> on_ready)
    : loop_(loop),
      mount_(mount),
      log_(log),
      options_(std::move(options)),
      on_ready_(std::move(on_ready)),
      mount_is_read_only_(mount_.read_only()),
      request_buffers_(page_bytes + request_max_bytes, request_buffers_for(mount_), &loop.memory()) {
  for (const MountPart& part : mount_.parts()) follow_changes_of(*part.files);
}

void Session::follow_changes_of(FileSystem& files) {
  files.on_changed([this, &files](NodeId changed) {
    const NodeId node = mount_.node_of(files, changed);
    // At once, so that a caller who gets the error sees the new size and mode.
    forget_attributes(node);
    loop_.spawn(invalidate(node));
    reflect_read_only();
  });
  files.on_times([this, &files](NodeId node) { forget_attributes(mount_.node_of(files, node)); });
}

Result<std::unique_ptr<Session>> Session::mount(EventLoop& loop, Mount& mount, Log& log, SessionOptions options,
                                                std::function<void()> on_ready) {
  std::unique_ptr<Session> session(new Session(loop, mount, log, std::move(options), std::move(on_ready)));
  const std::string& mount_point = session->options_.place.path;
  if (!session->request_buffers_.prepare()) return Error(ENOMEM, "mount").on_device(mount_point);
  std::string words;
  libfuse_words = &words;
  fuse_set_log_func(catch_libfuse_words);
  session->session_ = new_fuse_session(session.get(), mount.options());
  libfuse_words = nullptr;
  if (session->session_ == nullptr) return Error(ENOMEM, "mount", words).on_device(mount_point);

  Result<FuseMount> mounted =
      mount_fuse(session->options_.device_path, session->options_.place, kernel_options(session->options_, mount));
  if (!mounted) return mounted.error();
  session->options_.place.directory = FileDescriptor();
  session->identity_ = mounted->identity;
  session->mounted_ = true;
  const int fd = mounted->device.release();
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  if (fuse_session_mount(session->session_, fmt::format("/dev/fd/{}", fd).c_str()) != 0) {
    close(fd);
    return Error(EIO, "mount", "libfuse does not take the descriptor").on_device(mount_point);
  }
  return session;
}

Session::~Session() {
  for (const MountPart& part : mount_.parts()) {
    part.files->on_changed(nullptr);
    part.files->on_times(nullptr);
    part.files->on_overwritten(nullptr);
  }
  // This comes before the descriptor is closed, as the ids of the mount may be reused after that.
  if (mounted_ && !ending_) (void)zonefs::detach(identity_);
  if (session_ != nullptr) fuse_session_destroy(session_);
}

void Session::configure(fuse_conn_info& connection) {
  // O_TRUNC comes as a separate truncate after the open, which gives the order and the errors of zonefs. There is no
  // write-back caching, as it would reorder and merge writes.
  connection.want &= ~(FUSE_CAP_ATOMIC_O_TRUNC | FUSE_CAP_WRITEBACK_CACHE);
  // zonefs never clears setuid bits on write. With this flag the kernel does not clear them either.
  if (connection.capable & FUSE_CAP_HANDLE_KILLPRIV) connection.want |= FUSE_CAP_HANDLE_KILLPRIV;
  // Without asynchronous direct I/O short writes at the end of a zone have exact counts, but random reads are much
  // slower.
  if (mount_.options().strict) connection.want &= ~FUSE_CAP_ASYNC_DIO;
  if (connection.proto_minor < first_minor_that_drops_overwritten) {
    for (const MountPart& part : mount_.parts()) {
      FileSystem& files = *part.files;
      files.on_overwritten([this, &files](NodeId node) { loop_.spawn(invalidate(mount_.node_of(files, node))); });
    }
  }
  connection.max_background = background_requests_for(mount_);
  connection.congestion_threshold = connection.max_background * 3 / 4;
}

Task<void> Session::serve() {
  const int fd = fuse_session_fd(session_);
  bool more_likely = false;
  int in_a_row = 0;
  while (!stopped_ && !fuse_session_exited(session_)) {
    if (!request_buffer_) request_buffer_ = co_await request_buffers_.acquire();
    if (!request_buffer_) {  // no memory: try again later
      co_await loop_.sleep(pause_without_memory);
      continue;
    }
    const std::span<std::byte> memory(request_buffer_.data() + request_offset_bytes, request_max_bytes);
    std::int32_t count = -EAGAIN;
    if (more_likely) count = read_request(fd, memory);
    if (count == -EAGAIN) {
      // One call into the kernel submits what the last request needs from the device, waits for the next request and
      // reads it.
      LinkedOperation next_request = loop_.read_when_ready(fd, memory);
      waiting_ = &next_request;
      count = co_await next_request;
      waiting_ = nullptr;
      in_a_row = 0;
    }
    if (passes(count)) continue;
    if (count <= 0) {  // ENODEV: unmounted
      mounted_ = mounted_ && stopped_;
      break;
    }
    make_known(memory.first(static_cast<std::size_t>(count)));
    fuse_buf request{};
    request.mem = memory.data();
    request.size = static_cast<std::size_t>(count);
    fuse_session_process_buf(session_, &request);
    // With only one request under way, its caller sends the next when it has its answer, so another read now would find
    // none.
    more_likely = requests_.inside() > 1;
    if (more_likely && ++in_a_row >= requests_before_yield) {
      in_a_row = 0;
      co_await Yield();
    }
  }
  cut_.request();
  Event& nobody_watched = callers_.stop();
  co_await nobody_watched;
  if (stopped_) co_await cut_connection();
  Event& answered = requests_.drained();
  co_await answered;
  co_await release_all();
  // A zone may have turned out changed when it was closed; this waits until the kernel has been notified.
  Event& told = requests_.drained();
  co_await told;
}

/// Cuts the connection, so that callers that wait for an answer, also threads of this process, get an error.
Task<void> Session::cut_connection() {
  const unsigned number = minor(identity_.device_number);
  BlockingCall call = loop_.blocking([number] {
    const std::string path = fmt::format("/sys/fs/fuse/connections/{}/abort", number);
    const FileDescriptor abort(open(path.c_str(), O_WRONLY | O_CLOEXEC));
    return abort && write(abort.get(), "1", 1) == 1 ? 0 : errno;
  });
  co_await call;
}

Task<void> Session::release_all() {
  // A connection that was cut sends no releases, so the files are released here, which closes their zones.
  while (!open_files_.empty()) {
    FileSystem& files = *open_files_.begin()->second.files;
    std::unique_ptr<OpenFile> left = take(open_files_.begin()->first);
    co_await files.release(std::move(left));
  }
}

std::uint64_t Session::keep(FileSystem& files, NodeId node, std::unique_ptr<OpenFile> open_file, bool cached) {
  const auto handle = reinterpret_cast<std::uint64_t>(open_file.get());
  if (cached) ++cached_opens_[node];
  KernelFile& kept = open_files_[handle];
  kept.files = &files;
  kept.node = node;
  kept.file = std::move(open_file);
  kept.cached = cached;
  return handle;
}

std::unique_ptr<OpenFile> Session::take(std::uint64_t handle) {
  const auto found = open_files_.find(handle);
  if (found == open_files_.end()) return nullptr;
  std::unique_ptr<OpenFile> open_file = std::move(found->second.file);
  const NodeId node = found->second.node;
  if (found->second.cached && --cached_opens_[node] == 0) cached_opens_.erase(node);
  open_files_.erase(found);
  stop_when_unused();
  return open_file;
}

RepeatedReads& Session::repeated_reads(const OpenFile& file) {
  return open_files_.find(reinterpret_cast<std::uint64_t>(&file))->second.repeated_reads;
}

Task<void> Session::end() {
  const GatePass pass(requests_);
  if (ending_) {
    log_.write(Severity::warning, "told again to end: files that are open are cut off");
    stop();
    co_return;
  }
  ending_ = true;
  const MountIdentity mount = identity_;
  Status detached;
  Status* result = &detached;
  BlockingCall call = loop_.blocking([mount, result] {
    *result = zonefs::detach(mount);
    return 0;
  });
  co_await call;
  if (!detached) {
    log_.write(Severity::warning, fmt::format("the mount cannot be taken away, and is dead from now on: {}",
                                              detached.error().to_string()));
    stop();
    co_return;
  }
  detached_ = true;
  if (!open_files_.empty()) {
    log_.write(Severity::info, fmt::format("{} open: ends when closed, or at once when told again",
                                           open_files_.size() == 1 ? "a file is" : "files are"));
  }
  stop_when_unused();
}

void Session::stop_when_unused() {
  // Another mount namespace may still have the mount. Only open files keep the session running.
  if (detached_ && open_files_.empty()) stop();
}

void Session::stop() {
  stopped_ = true;
  if (waiting_ != nullptr) loop_.spawn(cancel_wait());
}

Task<void> Session::cancel_wait() {
  RingOperation cancel = loop_.cancel_first(*waiting_);
  co_await cancel;
  if (waiting_ == nullptr) co_return;
  // Some kernels wait again, in the read, if the request was gone before it was read.
  RingOperation cancel_read = loop_.cancel(*waiting_);
  co_await cancel_read;
}

void Session::forget_attributes(NodeId node) {
  // With a negative offset pages are not invalidated, so that the call cannot wait.
  if (session_ != nullptr) fuse_lowlevel_notify_inval_inode(session_, node, -1, 0);
}

Task<void> Session::invalidate(NodeId node) {
  const GatePass pass(requests_);
  if (!to_invalidate_.insert(node).second) co_return;  // one that has not begun yet does for both
  const KeyedLocks::Guard of_node = co_await invalidations_.exclusive(node);
  // The kernel may have to write pages back first, by requests that wait for a copy. One at a time, so that copies have
  // the other threads.
  const KeyedLocks::Guard only_one = co_await one_invalidation_.exclusive(0);
  to_invalidate_.erase(node);
  co_await tell_invalid(node);
}

Task<void> Session::drop_cache(NodeId node) {
  const KeyedLocks::Guard of_node = co_await invalidations_.exclusive(node);
  co_await tell_invalid(node);
}

Task<void> Session::write_back_and_drop(NodeId node, const CancelToken* cancel) {
  const KeyedLocks::Guard of_node = co_await invalidations_.exclusive(node, cancel);
  if (!of_node) co_return;
  const KeyedLocks::Guard only_one = co_await one_invalidation_.exclusive(0, cancel);
  if (!only_one) co_return;
  co_await tell_invalid(node);
}

Task<void> Session::tell_invalid(NodeId node) {
  // This runs on another thread, as the kernel may wait for pages that a request of this thread has to fill.
  fuse_session* session = session_;
  BlockingCall call = loop_.blocking([session, node] { return fuse_lowlevel_notify_inval_inode(session, node, 0, 0); });
  co_await call;
}

void Session::reflect_read_only() {
  if (!mount_.read_only_by_error()) mount_is_read_only_ = false;
  const bool wanted = mount_.read_only_by_error() && !mount_is_read_only_;
  if (wanted && !remounting_) loop_.spawn(try_remount_read_only());
}

Task<void> Session::try_remount_read_only() {
  const GatePass pass(requests_);
  remounting_ = true;
  const MountIdentity mount = identity_;
  // The kernel answers EBUSY while a file is open for writing, and for a moment while an open is being refused. After
  // these attempts the next release tries again.
  TimeSpec pause{0, remount_first_pause_ns};
  for (int attempt = 0; attempt < remount_attempts && !mount_is_read_only_; ++attempt) {
    if (attempt > 0) {
      co_await loop_.sleep(pause);
      pause.nanoseconds *= 2;
    }
    if (!mount_.read_only_by_error()) break;  // somebody has remounted it rw
    BlockingCall call = loop_.blocking([mount] { return set_read_only(mount, true) ? 0 : -1; });
    const int result = co_await call;
    mount_is_read_only_ = result == 0;
  }
  if (mount_is_read_only_ && !mount_.read_only()) {  // it was remounted rw during the call
    BlockingCall call = loop_.blocking([mount] { return set_read_only(mount, false) ? 0 : -1; });
    const int result = co_await call;
    mount_is_read_only_ = result != 0;
  }
  remounting_ = false;
}

}  // namespace zonecopy::zonefs
