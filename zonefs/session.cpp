#include "session.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstdarg>

#include "request_size.h"

namespace zonecopy::zonefs {
namespace {

constexpr std::size_t page_bytes = 4096;
// With room for a header.
constexpr std::size_t request_max_bytes = request_data_max_bytes + page_bytes;
// A FUSE_WRITE is fuse_in_header and fuse_write_in, then the data. Read so that the data begins on a page: devices want
// it so, and copying a megabyte to make it so would cost more than the rest of the request.
constexpr std::size_t write_header_bytes = 40 + 40;
constexpr std::size_t request_offset_bytes = page_bytes - write_header_bytes;
constexpr std::size_t request_buffers_max = 96;
constexpr unsigned background_requests_max = 64;
constexpr int remount_attempts = 6;
constexpr std::int64_t remount_first_pause_ns = 10'000'000;
// After so many requests in a row completions have a turn.
constexpr int requests_before_yield = 32;

/// What libfuse says while mounting; it would print it, and we say it in our own one line.
thread_local std::string* libfuse_words = nullptr;

void catch_libfuse_words(fuse_log_level, const char* format, va_list arguments) {
  char line[512];
  vsnprintf(line, sizeof line, format, arguments);
  if (libfuse_words != nullptr) libfuse_words->append(line);
}

std::string one_line(std::string words) {
  while (!words.empty() && words.back() == '\n') words.pop_back();
  std::replace(words.begin(), words.end(), '\n', ' ');
  return words;
}

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == ',' || c == '\\') result += '\\';
    result += c;
  }
  return result;
}

/// libfuse has no word for these, and here they change nothing: FUSE leaves access times to the server, and a zone tree
/// has no symbolic links.
bool without_effect(std::string_view option) {
  constexpr std::string_view words[] = {"relatime",   "norelatime", "strictatime", "nostrictatime", "diratime",
                                        "nodiratime", "lazytime",   "nolazytime",  "symfollow",     "nosymfollow"};
  return std::find(std::begin(words), std::end(words), option) != std::end(words);
}

std::string fuse_options(const SessionOptions& options, const MountOptions& mount_options) {
  std::string text = fmt::format("fsname={},subtype=zonecopyfs,default_permissions", escaped(options.device_path));
  if (options.allow_other) text += ",allow_other";
  if (mount_options.read_only) text += ",ro";
  for (const std::string& passed_on : mount_options.passed_on) {
    if (!without_effect(passed_on)) text += "," + passed_on;
  }
  return text;
}

unsigned long mount_flags(const std::string& mount_point) {
  struct statvfs facts {};
  if (statvfs(mount_point.c_str(), &facts) != 0) return 0;
  unsigned long flags = 0;
  if (facts.f_flag & ST_NOSUID) flags |= MS_NOSUID;
  if (facts.f_flag & ST_NODEV) flags |= MS_NODEV;
  if (facts.f_flag & ST_NOEXEC) flags |= MS_NOEXEC;
  if (facts.f_flag & ST_NOATIME) flags |= MS_NOATIME;
  if (facts.f_flag & ST_NODIRATIME) flags |= MS_NODIRATIME;
  if (facts.f_flag & ST_RELATIME) flags |= MS_RELATIME;
  return flags;
}

int change_mount(const std::string& mount_point, unsigned long read_only) {
  return ::mount(nullptr, mount_point.c_str(), nullptr, MS_REMOUNT | read_only | mount_flags(mount_point), nullptr);
}

}  // namespace

Session::Session(EventLoop& loop, FileSystem& file_system, SessionOptions options, std::function<void()> on_ready)
    : loop_(loop),
      file_system_(file_system),
      options_(std::move(options)),
      on_ready_(std::move(on_ready)),
      mount_is_read_only_(file_system.options().read_only),
      request_buffers_(page_bytes + request_max_bytes, request_buffers_max, &loop.memory()) {
  file_system_.on_changed([this](NodeId node) {
    // The attributes at once (a negative offset leaves pages alone, so that nothing can wait): who is told of the error
    // next sees the new size and mode.
    if (session_ != nullptr) fuse_lowlevel_notify_inval_inode(session_, node, -1, 0);
    loop_.spawn(invalidate(node));
    reflect_read_only();
  });
}

Result<std::unique_ptr<Session>> Session::mount(EventLoop& loop, FileSystem& file_system, Log&, SessionOptions options,
                                                std::function<void()> on_ready) {
  std::unique_ptr<Session> session(new Session(loop, file_system, std::move(options), std::move(on_ready)));
  const std::string text = fuse_options(session->options_, file_system.options());
  const char* arguments[] = {"zonecopyfs", "-o", text.c_str()};
  fuse_args args = FUSE_ARGS_INIT(3, const_cast<char**>(arguments));
  std::string words;
  libfuse_words = &words;
  fuse_set_log_func(catch_libfuse_words);
  session->session_ = fuse_session_new(&args, &session_operations(), sizeof(fuse_lowlevel_ops), session.get());
  session->mounted_ =
      session->session_ != nullptr && fuse_session_mount(session->session_, session->options_.mount_point.c_str()) == 0;
  const int code = errno != 0 ? errno : EINVAL;
  libfuse_words = nullptr;
  fuse_opt_free_args(&args);
  if (!session->mounted_) return Error(code, "mount", one_line(words)).on_device(session->options_.mount_point);
  const int fd = fuse_session_fd(session->session_);
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  return session;
}

Session::~Session() {
  file_system_.on_changed(nullptr);
  if (mounted_) fuse_session_unmount(session_);
  if (session_ != nullptr) fuse_session_destroy(session_);
}

void Session::configure(fuse_conn_info& connection) {
  // O_TRUNC as a truncate of its own, after the open: the order of the kernel's zonefs, and its errors.
  // Write-back caching would reorder and merge what has to arrive as it was written.
  connection.want &= ~(FUSE_CAP_ATOMIC_O_TRUNC | FUSE_CAP_WRITEBACK_CACHE);
  // The kernel's zonefs never strips setuid bits on write, and there is nothing for us to strip.
  if (connection.capable & FUSE_CAP_HANDLE_KILLPRIV) connection.want |= FUSE_CAP_HANDLE_KILLPRIV;
  // Exact short counts for asynchronous writes at the end of a zone cost much of the speed of random reads.
  if (file_system_.options().strict) connection.want &= ~FUSE_CAP_ASYNC_DIO;
  connection.max_background = background_requests_max;
  connection.congestion_threshold = background_requests_max * 3 / 4;
}

Task<void> Session::serve() {
  const int fd = fuse_session_fd(session_);
  int in_a_row = 0;
  while (!fuse_session_exited(session_)) {
    if (!request_buffer_) request_buffer_ = co_await request_buffers_.acquire();
    fuse_buf request{};
    request.mem = request_buffer_.data() + request_offset_bytes;
    const ssize_t count = read(fd, request.mem, request_max_bytes);
    if (count < 0 && (errno == EINTR || errno == ENOENT)) continue;  // ENOENT: the request was interrupted
    const bool none_waiting = count < 0 && errno == EAGAIN;
    if (count <= 0 && !none_waiting) break;  // ENODEV: unmounted
    if (!none_waiting) {
      request.size = static_cast<std::size_t>(count);
      fuse_session_process_buf(session_, &request);
    }
    // Who sends one request at a time sends the next when it has its answer: to ask for more now would be in vain.
    const bool more_likely = !none_waiting && requests_.inside() > 1;
    if (!more_likely) {
      in_a_row = 0;
      co_await loop_.poll(fd, POLLIN);
    } else if (++in_a_row >= requests_before_yield) {
      in_a_row = 0;
      co_await Yield();
    }
  }
  Event& answered = requests_.drained();
  co_await answered;
  co_await release_all();
}

Task<void> Session::release_all() {
  // A connection that was cut sends no releases, and zones that were opened for these files are to be closed.
  while (!open_files_.empty()) {
    std::unique_ptr<OpenFile> left = take(open_files_.begin()->first);
    co_await file_system_.release(std::move(left));
  }
}

std::uint64_t Session::keep(std::unique_ptr<OpenFile> open_file) {
  const auto handle = reinterpret_cast<std::uint64_t>(open_file.get());
  open_files_.emplace(handle, std::move(open_file));
  return handle;
}

std::unique_ptr<OpenFile> Session::take(std::uint64_t handle) {
  const auto found = open_files_.find(handle);
  if (found == open_files_.end()) return nullptr;
  std::unique_ptr<OpenFile> open_file = std::move(found->second);
  open_files_.erase(found);
  return open_file;
}

Task<void> Session::detach() {
  const std::string mount_point = options_.mount_point;
  BlockingCall call = loop_.blocking([mount_point] { return umount2(mount_point.c_str(), MNT_DETACH); });
  co_await call;
}

Task<void> Session::invalidate(NodeId node) {
  const GatePass pass(requests_);
  // On another thread: the kernel may wait for pages that a request of this thread is to fill.
  fuse_session* session = session_;
  BlockingCall call = loop_.blocking([session, node] { return fuse_lowlevel_notify_inval_inode(session, node, 0, 0); });
  co_await call;
}

void Session::reflect_read_only() {
  if (!file_system_.read_only_by_error()) mount_is_read_only_ = false;
  const bool wanted = file_system_.read_only_by_error() && !mount_is_read_only_;
  if (wanted && !remounting_) loop_.spawn(try_remount_read_only());
}

Task<void> Session::try_remount_read_only() {
  const GatePass pass(requests_);
  remounting_ = true;
  const std::string mount_point = options_.mount_point;
  // EBUSY while a file is open for writing, and for the moment that an open takes to be refused. The next release
  // begins anew.
  TimeSpec pause{0, remount_first_pause_ns};
  for (int attempt = 0; attempt < remount_attempts && !mount_is_read_only_; ++attempt) {
    if (attempt > 0) {
      co_await loop_.sleep(pause);
      pause.nanoseconds *= 2;
    }
    if (!file_system_.read_only_by_error()) break;  // somebody has remounted it rw
    BlockingCall call = loop_.blocking([mount_point] { return change_mount(mount_point, MS_RDONLY); });
    const int result = co_await call;
    mount_is_read_only_ = result == 0;
  }
  if (mount_is_read_only_ && !file_system_.read_only()) {  // the same, in the middle of the call
    BlockingCall call = loop_.blocking([mount_point] { return change_mount(mount_point, 0); });
    const int result = co_await call;
    mount_is_read_only_ = result != 0;
  }
  remounting_ = false;
}

}  // namespace zonecopy::zonefs
