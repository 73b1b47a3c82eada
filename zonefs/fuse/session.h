// The libfuse side: mounts, reads requests, hands them to the operations, ends.
#pragma once

#include <fuse_lowlevel.h>

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "zonecopy/buffer.h"
#include "zonecopy/event_loop.h"
#include "zonecopy/keyed_locks.h"
#include "zonecopy/sync.h"
#include "zonefs/core/log.h"
#include "zonefs/core/mount.h"
#include "zonefs/fuse/caller_watch.h"
#include "zonefs/fuse/repeated_read.h"
#include "zonefs/host/mount_identity.h"
#include "zonefs/host/mount_point.h"

namespace zonecopy::zonefs {

struct SessionOptions {
  std::string device_path;
  MountPoint place;         ///< where to mount
  bool allow_other = true;  ///< only root may ask for it
};

class Session {
 public:
  /// Mounts. `on_ready` is called when the mount serves, which is after FUSE_INIT. The arguments by reference must
  /// outlive the session. Blocks.
  static Result<std::unique_ptr<Session>> mount(EventLoop& loop, Mount& mount, Log& log, SessionOptions options,
                                                std::function<void()> on_ready);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Serves requests until the file system is unmounted and all of them are answered.
  Task<void> serve();
  /// Detaches the mount. serve() then ends when no file is open any more. It ends at once if the mount cannot be
  /// detached (by this user, or because it is covered or in another mount namespace), or if this is called a second
  /// time.
  Task<void> end();

  // For the operations (operations.cpp).
  [[nodiscard]] EventLoop& loop() { return loop_; }
  [[nodiscard]] Mount& mounted() { return mount_; }
  [[nodiscard]] const SessionOptions& options() const { return options_; }
  /// Takes over the memory of the current request. Else it is used again for the next one.
  [[nodiscard]] BufferPool::Loan take_request_buffer() { return std::move(request_buffer_); }
  [[nodiscard]] Gate& requests() { return requests_; }
  /// The kernel asks again for the attributes when somebody wants to know them. Does not wait.
  void forget_attributes(NodeId node);
  /// By node: held while the kernel is being told that its cache of a file is wrong.
  [[nodiscard]] KeyedLocks& invalidations() { return invalidations_; }
  /// The token that is requested when the connection is gone, as nobody waits for answers then.
  [[nodiscard]] const CancelToken& cut() const { return cut_; }
  [[nodiscard]] CallerWatch& callers() { return callers_; }
  /// Keeps file `node` of `files`, which the kernel has open, and returns the handle for it. `cached`: it reads through the
  /// page cache.
  std::uint64_t keep(FileSystem& files, NodeId node, std::unique_ptr<OpenFile> open_file, bool cached);
  /// Whether somebody may have pages of the file in the kernel's cache now.
  [[nodiscard]] bool is_read_by_cache(NodeId file) const { return cached_opens_.contains(file); }
  /// Has the kernel drop what it has of a sequential file in its cache, of which no page is waiting to be written.
  Task<void> drop_cache(NodeId node);
  /// The same for a file that may have pages waiting to be written, by requests that need its lock. Nothing is done if
  /// `cancel` (may be null) is requested while others are in front.
  Task<void> write_back_and_drop(NodeId node, const CancelToken* cancel);
  [[nodiscard]] std::unique_ptr<OpenFile> take(std::uint64_t handle);
  /// The repeated reads of an open file that is kept. Under strict only.
  [[nodiscard]] RepeatedReads& repeated_reads(const OpenFile& file);
  /// The kernel sends O_TRUNC right after the open, as a truncate without an open file. truncate(2) looks the same, but
  /// must not change times. The two are told apart by whether the thread has just opened the file.
  void note_open(NodeId node, std::int32_t pid) { last_open_ = {node, pid}; }
  [[nodiscard]] bool follows_open(NodeId node, std::int32_t pid) {
    return std::exchange(last_open_, {}) == std::pair(node, pid);
  }
  void configure(fuse_conn_info& connection);
  void ready() { on_ready_(); }
  /// Makes the mount itself read-only, as /proc/mounts shows it, once an error has made the file system so.
  void reflect_read_only();

 private:
  Session(EventLoop& loop, Mount& mount, Log& log, SessionOptions options, std::function<void()> on_ready);
  void follow_changes_of(FileSystem& files);
  Task<void> invalidate(NodeId node);
  Task<void> tell_invalid(NodeId node);
  Task<void> release_all();
  Task<void> cut_connection();
  void stop_when_unused();
  void stop();
  Task<void> cancel_wait();
  Task<void> try_remount_read_only();

  EventLoop& loop_;
  Mount& mount_;
  Log& log_;
  SessionOptions options_;
  std::function<void()> on_ready_;
  fuse_session* session_ = nullptr;
  MountIdentity identity_;
  bool mounted_ = false;
  bool ending_ = false;    ///< end() was called
  bool detached_ = false;  ///< end() has detached the mount
  bool stopped_ = false;
  LinkedOperation* waiting_ = nullptr;  ///< for a request
  bool mount_is_read_only_ = false;     ///< an error's doing has been carried through
  bool remounting_ = false;
  BufferPool request_buffers_;
  BufferPool::Loan request_buffer_;
  struct KernelFile {
    FileSystem* files = nullptr;
    NodeId node = 0;
    std::unique_ptr<OpenFile> file;
    bool cached = false;
    RepeatedReads repeated_reads;
  };
  std::unordered_map<std::uint64_t, KernelFile> open_files_;
  std::unordered_map<NodeId, std::uint32_t> cached_opens_;  ///< how many of a file there are
  std::pair<NodeId, std::int32_t> last_open_;
  CancelToken cut_;
  Gate requests_;  ///< requests not yet answered, and calls on other threads that use the session
  KeyedLocks invalidations_;
  KeyedLocks one_invalidation_;  ///< with a single key
  std::set<NodeId> to_invalidate_;
  CallerWatch callers_{loop_};
};

/// The table libfuse calls.
[[nodiscard]] const fuse_lowlevel_ops& session_operations();

}  // namespace zonecopy::zonefs
