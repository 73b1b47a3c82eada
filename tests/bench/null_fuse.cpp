// A FUSE file system that does nothing: one file, "file"; reads are answered from memory and writes swallowed.
// What it reaches is what FUSE itself allows here, with libfuse's own multi-threaded loop.
//
//   null_fuse [-f] [-o OPTIONS] MOUNTPOINT
#include <fuse_lowlevel.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace {

constexpr fuse_ino_t file_node = 2;
constexpr double attributes_valid_seconds = 1.0;
constexpr std::size_t largest_read_bytes = 1U << 20;

std::atomic<std::uint64_t> file_size_bytes{0};
alignas(4096) std::array<char, largest_read_bytes> zeros{};

struct stat attributes_of(fuse_ino_t node) {
  struct stat status {};
  status.st_ino = node;
  status.st_mode = node == FUSE_ROOT_ID ? S_IFDIR | 0755U : S_IFREG | 0644U;
  status.st_nlink = node == FUSE_ROOT_ID ? 2 : 1;
  if (node == file_node) status.st_size = static_cast<off_t>(file_size_bytes.load());
  return status;
}

void lookup(fuse_req_t request, fuse_ino_t parent, const char* name) {
  if (parent != FUSE_ROOT_ID || std::strcmp(name, "file") != 0) {
    fuse_reply_err(request, ENOENT);
    return;
  }
  fuse_entry_param entry{};
  entry.ino = file_node;
  entry.attr = attributes_of(file_node);
  entry.attr_timeout = attributes_valid_seconds;
  entry.entry_timeout = attributes_valid_seconds;
  fuse_reply_entry(request, &entry);
}

void get_attributes(fuse_req_t request, fuse_ino_t node, fuse_file_info*) {
  const struct stat status = attributes_of(node);
  fuse_reply_attr(request, &status, attributes_valid_seconds);
}

void set_attributes(fuse_req_t request, fuse_ino_t node, struct stat* wanted, int which, fuse_file_info* info) {
  if (node == file_node && (which & FUSE_SET_ATTR_SIZE) != 0) {
    file_size_bytes = static_cast<std::uint64_t>(wanted->st_size);
  }
  get_attributes(request, node, info);
}

void open_file(fuse_req_t request, fuse_ino_t node, fuse_file_info* info) {
  if (node == file_node) {
    fuse_reply_open(request, info);
  } else {
    fuse_reply_err(request, EISDIR);
  }
}

void read_file(fuse_req_t request, fuse_ino_t, std::size_t size, off_t offset, fuse_file_info*) {
  const std::uint64_t end = file_size_bytes.load();
  const auto begin = static_cast<std::uint64_t>(offset);
  const std::uint64_t available = begin < end ? end - begin : 0;
  const std::size_t length = std::min<std::uint64_t>({size, available, zeros.size()});
  fuse_reply_buf(request, zeros.data(), length);
}

void write_file(fuse_req_t request, fuse_ino_t, const char*, std::size_t size, off_t offset, fuse_file_info*) {
  const std::uint64_t end = static_cast<std::uint64_t>(offset) + size;
  std::uint64_t current = file_size_bytes.load();
  while (current < end && !file_size_bytes.compare_exchange_weak(current, end)) {
  }
  fuse_reply_write(request, size);
}

void sync_file(fuse_req_t request, fuse_ino_t, int, fuse_file_info*) { fuse_reply_err(request, 0); }

fuse_lowlevel_ops operations() {
  fuse_lowlevel_ops table{};
  table.lookup = lookup;
  table.getattr = get_attributes;
  table.setattr = set_attributes;
  table.open = open_file;
  table.read = read_file;
  table.write = write_file;
  table.fsync = sync_file;
  return table;
}

int serve(fuse_session* session, const fuse_cmdline_opts& options) {
  if (fuse_set_signal_handlers(session) != 0) return 1;
  int status = 1;
  if (fuse_session_mount(session, options.mountpoint) == 0) {
    fuse_daemonize(options.foreground);
    fuse_loop_config* config = fuse_loop_cfg_create();
    status = fuse_session_loop_mt(session, config) == 0 ? 0 : 1;
    fuse_loop_cfg_destroy(config);
    fuse_session_unmount(session);
  }
  fuse_remove_signal_handlers(session);
  return status;
}

}  // namespace

int main(int argc, char* argv[]) {
  fuse_args arguments = FUSE_ARGS_INIT(argc, argv);
  fuse_cmdline_opts options{};
  if (fuse_parse_cmdline(&arguments, &options) != 0 || options.mountpoint == nullptr) {
    std::free(options.mountpoint);
    fuse_opt_free_args(&arguments);
    return 2;
  }
  int status = 1;
  const fuse_lowlevel_ops table = operations();
  if (fuse_session* session = fuse_session_new(&arguments, &table, sizeof table, nullptr)) {
    status = serve(session, options);
    fuse_session_destroy(session);
  }
  std::free(options.mountpoint);
  fuse_opt_free_args(&arguments);
  return status;
}
