// The libfuse side: mounts, reads requests, hands them to the operations, ends.
#pragma once

#include <fuse_lowlevel.h>

#include <functional>
#include <memory>
#include <string>

#include "file_system.h"
#include "log.h"
#include "zonecopy/buffer.h"
#include "zonecopy/event_loop.h"
#include "zonecopy/sync.h"

namespace zonecopy::zonefs {

struct SessionOptions {
  std::string device_path;
  std::string mount_point;
  bool allow_other = true;  ///< only root may ask for it
};

class Session {
 public:
  /// Mounts. `on_ready` is called once the kernel has agreed on how to talk (FUSE_INIT), that is when the mount serves.
  static Result<std::unique_ptr<Session>> mount(EventLoop& loop, FileSystem& file_system, Log& log,
                                                SessionOptions options, std::function<void()> on_ready);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Serves requests until the file system is unmounted and all of them are answered.
  Task<void> serve();
  /// Takes the mount off its mount point, for good once nobody uses it any more; serve() then ends.
  Task<void> detach();

  // What the operations (session_operations.cpp) need.
  [[nodiscard]] EventLoop& loop() { return loop_; }
  [[nodiscard]] FileSystem& file_system() { return file_system_; }
  [[nodiscard]] const SessionOptions& options() const { return options_; }
  /// Keeps the memory of the request that is being handled, which is else used again for the next.
  [[nodiscard]] BufferPool::Loan take_request_buffer() { return std::move(request_buffer_); }
  [[nodiscard]] Gate& requests() { return requests_; }
  void configure(fuse_conn_info& connection);
  void ready() { on_ready_(); }
  /// Makes the mount itself read-only, as /proc/mounts shows it, once an error has made the file system so.
  void reflect_read_only();

 private:
  Session(EventLoop& loop, FileSystem& file_system, SessionOptions options, std::function<void()> on_ready);
  Task<void> invalidate(NodeId node);
  Task<void> try_remount_read_only();

  EventLoop& loop_;
  FileSystem& file_system_;
  SessionOptions options_;
  std::function<void()> on_ready_;
  fuse_session* session_ = nullptr;
  bool mounted_ = false;
  bool mount_is_read_only_ = false;
  BufferPool request_buffers_;
  BufferPool::Loan request_buffer_;
  Gate requests_;  ///< requests not yet answered, and calls on other threads that use the session
};

/// The table libfuse calls.
[[nodiscard]] const fuse_lowlevel_ops& session_operations();

}  // namespace zonecopy::zonefs
