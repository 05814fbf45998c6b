/*
 * mipio: sockets in a chosen network namespace, batched receive and send with ancillary data, TUN devices.
 * One plain C Node-API addon. Nothing of any protocol is in it: addresses, filters and options are octets
 * that JavaScript lays out. `src/linux/native.ts` holds the types.
 *
 * Rules kept throughout:
 *   - Every argument is checked for type and bounds; a mistake is a JavaScript exception, never a fault.
 *   - No pointer into a JavaScript buffer outlives the call that was given it.
 *   - Set-up calls throw with `code`, `errno` and `syscall`. Data calls return a count, or -errno.
 *   - A closed handle throws `HANDLE_CLOSED`.
 */
#define _GNU_SOURCE
#define NAPI_VERSION 8
#include <node_api.h>
#include <uv.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef SOL_PACKET
#define SOL_PACKET 263
#endif
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif
#ifndef SCM_TIMESTAMPNS
#define SCM_TIMESTAMPNS SO_TIMESTAMPNS
#endif

#define MAX_BATCH 64         /* messages per call */
#define MAX_ADDRESS 128      /* octets of a socket address */
#define NAME_OCTETS 32       /* octets of a name in a batch: sockaddr_in6 is 28, sockaddr_ll 20 */
#define CONTROL_OCTETS 256   /* ancillary data per message */
#define MAX_OPTION 4096      /* octets of a socket option */
#define MAX_FILTER 4096      /* instructions: BPF_MAXINSNS */
#define MAX_IDLE_ERRORS 16   /* poll errors in a row for which SO_ERROR names no cause */
#define NONE 0xffffffffu

/* Words per message in the two tables; src/linux/native.ts names the columns. */
#define RECEIVE_WORDS 24
#define SEND_WORDS 20

static const napi_type_tag HANDLE_TAG = {0x6d697036d10a4f11ull, 0x9c3a51f28e7b6d04ull};

struct handle;

typedef struct {
  napi_env env;
  napi_ref constructor;
  struct handle *first;
  napi_async_cleanup_hook_handle hook;
  int closing; /* polls whose close callback is outstanding */
  bool ending;
} addon;

/* Lives until libuv has closed it, which is later than the handle's close. */
typedef struct {
  uv_poll_t poll;
  struct handle *owner;
  addon *home;
} poll_box;

typedef struct handle {
  int fd; /* -1: closed */
  bool socket;
  bool referenced;
  int idle_errors;
  poll_box *box;
  napi_ref self;     /* strong while a poll runs */
  napi_ref callback; /* strong while a poll runs */
  napi_async_context context;
  addon *home;
  struct handle *next, *previous;
} handle;

/* ---- errors ---------------------------------------------------------------------------------- */

static napi_value misuse(napi_env env, const char *sentence) {
  napi_throw_type_error(env, "ERR_INVALID_ARG", sentence);
  return NULL;
}

static napi_value failure(napi_env env, int number, const char *call) {
  char text[160];
  napi_value message, code, error, value;
  const char *name = uv_err_name(-number);
  snprintf(text, sizeof text, "%s: %s (%s)", call, uv_strerror(-number), name);
  napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &message);
  napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &code);
  if (napi_create_error(env, code, message, &error) != napi_ok) return NULL;
  napi_create_int32(env, number, &value);
  napi_set_named_property(env, error, "errno", value);
  napi_create_string_utf8(env, call, NAPI_AUTO_LENGTH, &value);
  napi_set_named_property(env, error, "syscall", value);
  napi_throw(env, error);
  return NULL;
}

/* ---- arguments ------------------------------------------------------------------------------- */

static bool get_u32(napi_env env, napi_value value, uint32_t *out) {
  double number;
  if (napi_get_value_double(env, value, &number) != napi_ok) return false;
  if (!(number >= 0 && number <= 4294967295.0) || number != (double)(uint32_t)number) return false;
  *out = (uint32_t)number;
  return true;
}

static bool get_int(napi_env env, napi_value value, int *out) {
  double number;
  if (napi_get_value_double(env, value, &number) != napi_ok) return false;
  if (!(number >= -2147483648.0 && number <= 2147483647.0) || number != (double)(int)number) return false;
  *out = (int)number;
  return true;
}

static bool get_typed(napi_env env, napi_value value, napi_typedarray_type wanted, void **data,
                      size_t *length) {
  bool is = false;
  napi_typedarray_type type;
  if (napi_is_typedarray(env, value, &is) != napi_ok || !is) return false;
  if (napi_get_typedarray_info(env, value, &type, length, data, NULL, NULL) != napi_ok) return false;
  if (*data == NULL) *length = 0; /* its buffer was transferred away */
  return type == wanted;
}

static bool get_octets(napi_env env, napi_value value, uint8_t **data, size_t *length) {
  return get_typed(env, value, napi_uint8_array, (void **)data, length);
}

static bool get_words(napi_env env, napi_value value, uint32_t **data, size_t *length) {
  return get_typed(env, value, napi_uint32_array, (void **)data, length);
}

/* A string without a NUL inside, shorter than `room`. */
static bool get_text(napi_env env, napi_value value, char *out, size_t room) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, NULL, 0, &length) != napi_ok) return false;
  if (length + 1 > room) return false;
  if (napi_get_value_string_utf8(env, value, out, room, &length) != napi_ok) return false;
  return strlen(out) == length;
}

/* A path, or null and undefined for the namespace of this thread: then `out` is empty. */
static bool get_namespace(napi_env env, napi_value value, char *out, size_t room) {
  napi_valuetype type;
  out[0] = 0;
  if (napi_typeof(env, value, &type) != napi_ok) return false;
  if (type == napi_null || type == napi_undefined) return true;
  return get_text(env, value, out, room) && out[0] != 0;
}

static size_t arguments(napi_env env, napi_callback_info info, size_t wanted, napi_value *argv,
                        napi_value *self) {
  size_t count = wanted;
  if (napi_get_cb_info(env, info, &count, argv, self, NULL) != napi_ok) return 0;
  return count;
}

static napi_value integer(napi_env env, int64_t number) {
  napi_value value = NULL;
  napi_create_int64(env, number, &value);
  return value;
}

static napi_value nothing(napi_env env) {
  napi_value value = NULL;
  napi_get_undefined(env, &value);
  return value;
}

static napi_value octets(napi_env env, const void *data, size_t length) {
  napi_value buffer, array = NULL;
  void *room = NULL;
  if (napi_create_arraybuffer(env, length, &room, &buffer) != napi_ok) return NULL;
  if (length > 0) memcpy(room, data, length);
  napi_create_typedarray(env, napi_uint8_array, length, buffer, 0, &array);
  return array;
}

/* ---- namespaces ------------------------------------------------------------------------------ */

/* Enters `path` and leaves the way back in `*back`; -1 there means no move was made. */
static int enter(const char *path, int *back, const char **call) {
  *back = -1;
  if (path[0] == 0) return 0;
  *call = "open own network namespace";
  int own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  if (own < 0) return errno;
  int error = 0;
  /* Going to where we are proves that coming back will be allowed. */
  *call = "setns to own network namespace";
  if (setns(own, CLONE_NEWNET) < 0) error = errno;
  if (!error) {
    *call = "open network namespace";
    int there = open(path, O_RDONLY | O_CLOEXEC);
    if (there < 0) error = errno;
    else {
      *call = "setns";
      if (setns(there, CLONE_NEWNET) < 0) error = errno;
      close(there);
    }
  }
  if (error) close(own);
  else *back = own;
  return error;
}

static void leave(int back) {
  if (back < 0) return;
  if (setns(back, CLONE_NEWNET) < 0) {
    /* Everything the process did from now on would happen to another network. */
    napi_fatal_error("mipio", NAPI_AUTO_LENGTH, "cannot return to the network namespace", NAPI_AUTO_LENGTH);
  }
  close(back);
}

/* ---- handles --------------------------------------------------------------------------------- */

static void box_closed(uv_handle_t *closed) {
  poll_box *box = (poll_box *)closed->data;
  addon *home = box->home;
  free(box);
  home->closing--;
  if (home->ending && home->closing == 0 && home->hook) {
    napi_async_cleanup_hook_handle hook = home->hook;
    home->hook = NULL;
    napi_remove_async_cleanup_hook(hook);
  }
}

static void stop_poll(handle *h, bool release) {
  if (h->box) {
    poll_box *box = h->box;
    h->box = NULL;
    box->owner = NULL;
    uv_poll_stop(&box->poll);
    box->home->closing++;
    uv_close((uv_handle_t *)&box->poll, box_closed);
  }
  if (!release || !h->home) return;
  napi_env env = h->home->env;
  if (h->context) napi_async_destroy(env, h->context);
  if (h->callback) napi_delete_reference(env, h->callback);
  if (h->self) napi_delete_reference(env, h->self);
  h->context = NULL;
  h->callback = h->self = NULL;
}

static void unlink_handle(handle *h) {
  if (!h->home) return;
  if (h->previous) h->previous->next = h->next;
  else if (h->home->first == h) h->home->first = h->next;
  if (h->next) h->next->previous = h->previous;
  h->next = h->previous = NULL;
  h->home = NULL;
}

static void close_fd(handle *h) {
  if (h->fd >= 0) close(h->fd);
  h->fd = -1;
}

/* The garbage collector took the object: no poll runs, or `self` would have held it. */
static void finalize_handle(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  handle *h = data;
  stop_poll(h, false);
  unlink_handle(h);
  close_fd(h);
  free(h);
}

static napi_value wrap_fd(napi_env env, addon *home, int fd, bool socket) {
  napi_value constructor, object;
  handle *h = calloc(1, sizeof *h);
  if (!h) {
    close(fd);
    return failure(env, ENOMEM, "calloc");
  }
  h->fd = fd;
  h->socket = socket;
  h->referenced = true;
  if (napi_get_reference_value(env, home->constructor, &constructor) != napi_ok ||
      napi_new_instance(env, constructor, 0, NULL, &object) != napi_ok ||
      napi_type_tag_object(env, object, &HANDLE_TAG) != napi_ok ||
      napi_wrap(env, object, h, finalize_handle, NULL, NULL) != napi_ok) {
    close(fd);
    free(h);
    return failure(env, ENOMEM, "create handle");
  }
  h->home = home;
  h->next = home->first;
  if (h->next) h->next->previous = h;
  home->first = h;
  return object;
}

/* The open handle behind `this`; throws and returns NULL otherwise. */
static handle *opened(napi_env env, napi_value self) {
  bool tagged = false;
  handle *h = NULL;
  napi_valuetype type;
  if (napi_typeof(env, self, &type) != napi_ok || type != napi_object ||
      napi_check_object_type_tag(env, self, &HANDLE_TAG, &tagged) != napi_ok || !tagged ||
      napi_unwrap(env, self, (void **)&h) != napi_ok || !h) {
    misuse(env, "This is not a handle of mipio.");
    return NULL;
  }
  if (h->fd < 0) {
    napi_throw_error(env, "HANDLE_CLOSED", "The handle is closed.");
    return NULL;
  }
  return h;
}

static napi_value construct(napi_env env, napi_callback_info info) {
  napi_value self;
  arguments(env, info, 0, NULL, &self);
  return self;
}

/* ---- module functions ------------------------------------------------------------------------ */

/* openSocket(namespace, family, type, protocol): handle */
static napi_value open_socket(napi_env env, napi_callback_info info) {
  napi_value argv[4];
  char path[4096];
  int family, type, protocol, back;
  addon *home;
  const char *call = "socket";
  if (arguments(env, info, 4, argv, NULL) < 4 || !get_namespace(env, argv[0], path, sizeof path) ||
      !get_int(env, argv[1], &family) || !get_int(env, argv[2], &type) ||
      !get_int(env, argv[3], &protocol) || napi_get_instance_data(env, (void **)&home) != napi_ok) {
    return misuse(env, "openSocket(namespace: string | null, family, type, protocol)");
  }
  int error = enter(path, &back, &call);
  if (error) return failure(env, error, call);
  int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
  error = fd < 0 ? errno : 0;
  leave(back);
  if (error) return failure(env, error, "socket");
  return wrap_fd(env, home, fd, true);
}

/* openTun(namespace, name, flags): handle. `flags` beside IFF_TUN | IFF_NO_PI. */
static napi_value open_tun(napi_env env, napi_callback_info info) {
  napi_value argv[3];
  char path[4096];
  int back, flags;
  addon *home;
  struct ifreq request;
  const char *call = "open";
  memset(&request, 0, sizeof request);
  if (arguments(env, info, 3, argv, NULL) < 3 || !get_namespace(env, argv[0], path, sizeof path) ||
      !get_text(env, argv[1], request.ifr_name, IFNAMSIZ) || !get_int(env, argv[2], &flags) ||
      flags < 0 || flags > 0xffff || napi_get_instance_data(env, (void **)&home) != napi_ok) {
    return misuse(env, "openTun(namespace: string | null, name: up to 15 characters, flags)");
  }
  request.ifr_flags = (short)(IFF_TUN | IFF_NO_PI | flags);
  int error = enter(path, &back, &call);
  if (error) return failure(env, error, call);
  call = "open /dev/net/tun";
  int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) error = errno;
  else if (ioctl(fd, TUNSETIFF, &request) < 0) {
    call = "ioctl TUNSETIFF";
    error = errno;
    close(fd);
  }
  leave(back);
  if (error) return failure(env, error, call);
  return wrap_fd(env, home, fd, false);
}

/* linkIndex(namespace, name): number, 0 when there is none. */
static napi_value link_index(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  char path[4096], name[IFNAMSIZ];
  int back;
  const char *call = "if_nametoindex";
  if (arguments(env, info, 2, argv, NULL) < 2 || !get_namespace(env, argv[0], path, sizeof path) ||
      !get_text(env, argv[1], name, sizeof name)) {
    return misuse(env, "linkIndex(namespace: string | null, name: up to 15 characters)");
  }
  int error = enter(path, &back, &call);
  if (error) return failure(env, error, call);
  unsigned index = if_nametoindex(name);
  leave(back);
  return integer(env, index);
}

/* linkName(namespace, index): string, empty when there is none. */
static napi_value link_name(napi_env env, napi_callback_info info) {
  napi_value argv[2], value = NULL;
  char path[4096], name[IFNAMSIZ] = "";
  uint32_t index;
  int back;
  const char *call = "if_indextoname";
  if (arguments(env, info, 2, argv, NULL) < 2 || !get_namespace(env, argv[0], path, sizeof path) ||
      !get_u32(env, argv[1], &index)) {
    return misuse(env, "linkName(namespace: string | null, index)");
  }
  int error = enter(path, &back, &call);
  if (error) return failure(env, error, call);
  if (!if_indextoname(index, name)) name[0] = 0;
  leave(back);
  napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &value);
  return value;
}

/* inNamespace(namespace, call): whatever `call` returns. Only what it does before returning happens there. */
static napi_value in_namespace(napi_env env, napi_callback_info info) {
  napi_value argv[2], result = NULL;
  char path[4096];
  int back;
  napi_valuetype type;
  const char *call = "setns";
  if (arguments(env, info, 2, argv, NULL) < 2 || !get_namespace(env, argv[0], path, sizeof path) ||
      napi_typeof(env, argv[1], &type) != napi_ok || type != napi_function) {
    return misuse(env, "inNamespace(namespace: string | null, call: function)");
  }
  int error = enter(path, &back, &call);
  if (error) return failure(env, error, call);
  napi_call_function(env, nothing(env), argv[1], 0, NULL, &result); /* an exception stays pending */
  leave(back);
  return result;
}

/*
 * newNamespace(): descriptor of a network namespace with nothing in it; this thread stays where it is. It lasts as
 * long as the descriptor or a socket in it is open; /proc/self/fd/N is its path.
 */
static napi_value new_namespace(napi_env env, napi_callback_info info) {
  (void)info;
  int error = 0, fd = -1;
  const char *call = "open own network namespace";
  int own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  if (own < 0) return failure(env, errno, call);
  call = "unshare";
  if (unshare(CLONE_NEWNET) < 0) {
    error = errno;
    close(own);
    return failure(env, error, call);
  }
  call = "open new network namespace";
  fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  if (fd < 0) error = errno;
  leave(own);
  return error ? failure(env, error, call) : integer(env, fd);
}

/* peerCredentials(fd): {pid, uid, gid} of the process at the other end of a connected unix socket. */
static napi_value peer_credentials(napi_env env, napi_callback_info info) {
  napi_value argv[1], object;
  int fd;
  struct ucred peer;
  socklen_t length = sizeof peer;
  if (arguments(env, info, 1, argv, NULL) < 1 || !get_int(env, argv[0], &fd)) {
    return misuse(env, "peerCredentials(fd)");
  }
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0) {
    return failure(env, errno, "getsockopt SO_PEERCRED");
  }
  napi_create_object(env, &object);
  napi_set_named_property(env, object, "pid", integer(env, peer.pid));
  napi_set_named_property(env, object, "uid", integer(env, (int64_t)peer.uid));
  napi_set_named_property(env, object, "gid", integer(env, (int64_t)peer.gid));
  return object;
}

/* ---- handle methods -------------------------------------------------------------------------- */

static napi_value handle_fd(napi_env env, napi_callback_info info) {
  napi_value self;
  handle *h;
  arguments(env, info, 0, NULL, &self);
  if (!(h = opened(env, self))) return NULL;
  return integer(env, h->fd);
}

static napi_value handle_close(napi_env env, napi_callback_info info) {
  napi_value self;
  handle *h;
  arguments(env, info, 0, NULL, &self);
  if (!(h = opened(env, self))) return NULL;
  stop_poll(h, true);
  close_fd(h);
  return nothing(env);
}

typedef int (*address_call)(int, const struct sockaddr *, socklen_t);

static napi_value with_address(napi_env env, napi_callback_info info, address_call run, const char *call) {
  napi_value argv[1], self;
  uint8_t *data;
  size_t length;
  handle *h;
  struct sockaddr_storage address; /* aligned, whatever the JavaScript view is */
  size_t count = arguments(env, info, 1, argv, &self);
  if (!(h = opened(env, self))) return NULL;
  if (count < 1 || !get_octets(env, argv[0], &data, &length) || length < 2 || length > MAX_ADDRESS) {
    return misuse(env, "A socket address of 2 to 128 octets is needed.");
  }
  memset(&address, 0, sizeof address);
  memcpy(&address, data, length);
  if (run(h->fd, (struct sockaddr *)&address, (socklen_t)length) < 0) return failure(env, errno, call);
  return nothing(env);
}

static napi_value handle_bind(napi_env env, napi_callback_info info) {
  return with_address(env, info, bind, "bind");
}

static napi_value handle_connect(napi_env env, napi_callback_info info) {
  return with_address(env, info, connect, "connect");
}

static napi_value handle_address(napi_env env, napi_callback_info info) {
  napi_value self;
  handle *h;
  struct sockaddr_storage address;
  socklen_t length = sizeof address;
  arguments(env, info, 0, NULL, &self);
  if (!(h = opened(env, self))) return NULL;
  if (getsockname(h->fd, (struct sockaddr *)&address, &length) < 0) return failure(env, errno, "getsockname");
  if (length > sizeof address) length = sizeof address;
  return octets(env, &address, length);
}

static napi_value handle_set_option(napi_env env, napi_callback_info info) {
  napi_value argv[3], self;
  int level, name, number;
  uint8_t *data;
  size_t length;
  handle *h;
  size_t count = arguments(env, info, 3, argv, &self);
  if (!(h = opened(env, self))) return NULL;
  if (count < 3 || !get_int(env, argv[0], &level) || !get_int(env, argv[1], &name)) {
    return misuse(env, "setOption(level, name, value: number | Uint8Array)");
  }
  int result;
  if (get_int(env, argv[2], &number)) {
    result = setsockopt(h->fd, level, name, &number, sizeof number);
  } else if (get_octets(env, argv[2], &data, &length) && length <= MAX_OPTION) {
    result = setsockopt(h->fd, level, name, data, (socklen_t)length);
  } else {
    return misuse(env, "setOption(level, name, value: number | Uint8Array of up to 4096 octets)");
  }
  return result < 0 ? failure(env, errno, "setsockopt") : nothing(env);
}

static napi_value handle_get_option(napi_env env, napi_callback_info info) {
  napi_value argv[3], self;
  int level, name;
  uint32_t room;
  uint8_t value[MAX_OPTION];
  handle *h;
  size_t count = arguments(env, info, 3, argv, &self);
  if (!(h = opened(env, self))) return NULL;
  if (count < 3 || !get_int(env, argv[0], &level) || !get_int(env, argv[1], &name) ||
      !get_u32(env, argv[2], &room) || room < 1 || room > MAX_OPTION) {
    return misuse(env, "getOption(level, name, length: 1 to 4096)");
  }
  socklen_t length = room;
  memset(value, 0, room);
  if (getsockopt(h->fd, level, name, value, &length) < 0) return failure(env, errno, "getsockopt");
  return octets(env, value, length > room ? room : length);
}

/* filter(program): octets of struct sock_filter, 8 an instruction; null takes the filter away. */
static napi_value handle_filter(napi_env env, napi_callback_info info) {
  napi_value argv[1], self;
  uint8_t *data;
  size_t length;
  napi_valuetype type;
  handle *h;
  size_t count = arguments(env, info, 1, argv, &self);
  if (!(h = opened(env, self))) return NULL;
  if (count >= 1 && napi_typeof(env, argv[0], &type) == napi_ok && type == napi_null) {
    int none = 0;
    if (setsockopt(h->fd, SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof none) < 0 && errno != ENOENT) {
      return failure(env, errno, "setsockopt SO_DETACH_FILTER");
    }
    return nothing(env);
  }
  if (count < 1 || !get_octets(env, argv[0], &data, &length) || length == 0 || length % 8 != 0 ||
      length / 8 > MAX_FILTER) {
    return misuse(env, "filter(program: Uint8Array of 8 octets an instruction, or null)");
  }
  struct sock_filter *aligned = malloc(length);
  if (!aligned) return failure(env, ENOMEM, "malloc");
  memcpy(aligned, data, length);
  struct sock_fprog program = {.len = (unsigned short)(length / 8), .filter = aligned};
  int result = setsockopt(h->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
  int error = errno;
  free(aligned);
  return result < 0 ? failure(env, error, "setsockopt SO_ATTACH_FILTER") : nothing(env);
}

static void note_control(struct msghdr *message, uint32_t *row) {
  for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
    const void *data = CMSG_DATA(c);
    size_t length = c->cmsg_len >= CMSG_LEN(0) ? c->cmsg_len - CMSG_LEN(0) : 0;
    if (c->cmsg_level == IPPROTO_IPV6) {
      if (c->cmsg_type == IPV6_PKTINFO && length >= sizeof(struct in6_pktinfo)) {
        struct in6_pktinfo at;
        memcpy(&at, data, sizeof at);
        row[3] = at.ipi6_ifindex;
        memcpy(&row[20], &at.ipi6_addr, 16);
      } else if (c->cmsg_type == IPV6_HOPLIMIT && length >= sizeof(int)) {
        memcpy(&row[4], data, 4);
      } else if (c->cmsg_type == IPV6_TCLASS && length >= sizeof(int)) {
        memcpy(&row[5], data, 4);
      }
    } else if (c->cmsg_level == IPPROTO_IP) {
      if (c->cmsg_type == IP_PKTINFO && length >= sizeof(struct in_pktinfo)) {
        struct in_pktinfo at;
        memcpy(&at, data, sizeof at);
        row[3] = (uint32_t)at.ipi_ifindex;
        memcpy(&row[20], &at.ipi_addr, 4);
      } else if (c->cmsg_type == IP_TTL && length >= sizeof(int)) {
        memcpy(&row[4], data, 4);
      } else if (c->cmsg_type == IP_TOS && length >= 1) {
        row[5] = *(const uint8_t *)data;
      }
    } else if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA) {
      struct tpacket_auxdata aux;
      if (length < sizeof aux) continue;
      memcpy(&aux, data, sizeof aux);
      row[6] = aux.tp_status;
      row[7] = aux.tp_len;
    } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
      struct timespec at;
      if (length < sizeof at) continue;
      memcpy(&at, data, sizeof at);
      row[8] = (uint32_t)at.tv_sec;
      row[9] = (uint32_t)at.tv_nsec;
    } else if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO && length >= sizeof(int)) {
      memcpy(&row[10], data, 4);
    }
  }
}

/* receive(buffer, slotSize, headroom, table, max): messages received, 0 when there are none, or -errno. */
static napi_value handle_receive(napi_env env, napi_callback_info info) {
  napi_value argv[5], self;
  uint8_t *data;
  uint32_t *table, slot, headroom, max;
  size_t size, words;
  handle *h;
  size_t count = arguments(env, info, 5, argv, &self);
  if (!(h = opened(env, self))) return NULL;
  if (count < 5 || !get_octets(env, argv[0], &data, &size) || !get_u32(env, argv[1], &slot) ||
      !get_u32(env, argv[2], &headroom) || !get_words(env, argv[3], &table, &words) ||
      !get_u32(env, argv[4], &max)) {
    return misuse(env, "receive(buffer: Uint8Array, slotSize, headroom, table: Uint32Array, max)");
  }
  if (max < 1 || max > MAX_BATCH || headroom >= slot || (uint64_t)slot * max > size ||
      (uint64_t)max * RECEIVE_WORDS > words) {
    return misuse(env, "receive: slots or table do not fit.");
  }
  struct mmsghdr messages[MAX_BATCH];
  struct iovec parts[MAX_BATCH];
  _Alignas(struct cmsghdr) uint8_t control[MAX_BATCH][CONTROL_OCTETS];
  struct sockaddr_storage names[MAX_BATCH];
  memset(messages, 0, sizeof messages[0] * max);
  for (uint32_t i = 0; i < max; i++) {
    parts[i].iov_base = data + (size_t)slot * i + headroom;
    parts[i].iov_len = slot - headroom;
    struct msghdr *m = &messages[i].msg_hdr;
    m->msg_iov = &parts[i];
    m->msg_iovlen = 1;
    m->msg_name = &names[i];
    m->msg_namelen = sizeof names[i];
    m->msg_control = control[i];
    m->msg_controllen = CONTROL_OCTETS;
  }
  int got;
  do got = recvmmsg(h->fd, messages, max, MSG_DONTWAIT, NULL);
  while (got < 0 && errno == EINTR);
  if (got < 0) return integer(env, errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno);
  for (int i = 0; i < got; i++) {
    uint32_t *row = table + (size_t)i * RECEIVE_WORDS;
    struct msghdr *m = &messages[i].msg_hdr;
    memset(row, 0, RECEIVE_WORDS * sizeof *row);
    row[0] = messages[i].msg_len;
    row[1] = (uint32_t)m->msg_flags;
    row[4] = row[5] = NONE;
    uint32_t length = m->msg_namelen > NAME_OCTETS ? NAME_OCTETS : m->msg_namelen;
    row[2] = length;
    memcpy(&row[12], &names[i], length);
    note_control(m, row);
  }
  return integer(env, got);
}

static void *add_control(struct msghdr *message, uint8_t *control, int level, int type, size_t length) {
  struct cmsghdr *c = (struct cmsghdr *)(control + message->msg_controllen);
  c->cmsg_level = level;
  c->cmsg_type = type;
  c->cmsg_len = CMSG_LEN(length);
  message->msg_control = control;
  message->msg_controllen += CMSG_SPACE(length);
  return CMSG_DATA(c);
}

/* send(buffer, table, first, count): messages sent; -errno when the first could not be. */
static napi_value handle_send(napi_env env, napi_callback_info info) {
  napi_value argv[4], self;
  uint8_t *data;
  uint32_t *table, first, wanted;
  size_t size, words;
  handle *h;
  size_t count = arguments(env, info, 4, argv, &self);
  if (!(h = opened(env, self))) return NULL;
  if (count < 4 || !get_octets(env, argv[0], &data, &size) || !get_words(env, argv[1], &table, &words) ||
      !get_u32(env, argv[2], &first) || !get_u32(env, argv[3], &wanted)) {
    return misuse(env, "send(buffer: Uint8Array, table: Uint32Array, first, count)");
  }
  if (wanted < 1 || wanted > MAX_BATCH || ((uint64_t)first + wanted) * SEND_WORDS > words) {
    return misuse(env, "send: the table does not hold that many messages.");
  }
  struct mmsghdr messages[MAX_BATCH];
  struct iovec parts[MAX_BATCH];
  _Alignas(struct cmsghdr) uint8_t control[MAX_BATCH][CONTROL_OCTETS];
  struct sockaddr_storage names[MAX_BATCH];
  memset(messages, 0, sizeof messages[0] * wanted);
  for (uint32_t i = 0; i < wanted; i++) {
    const uint32_t *row = table + ((size_t)first + i) * SEND_WORDS;
    uint32_t offset = row[0], length = row[1], link = row[2], class = row[3], segment = row[4];
    uint32_t family = row[5], name = row[6];
    if ((uint64_t)offset + length > size || name > NAME_OCTETS || (family != 0 && family != 4 && family != 6)) {
      return misuse(env, "send: a message lies outside the buffer, or its row is malformed.");
    }
    parts[i].iov_base = data + offset;
    parts[i].iov_len = length;
    struct msghdr *m = &messages[i].msg_hdr;
    m->msg_iov = &parts[i];
    m->msg_iovlen = 1;
    if (name > 0) {
      memset(&names[i], 0, sizeof names[i]);
      memcpy(&names[i], &row[8], name);
      m->msg_name = &names[i];
      m->msg_namelen = name;
    }
    if (family == 0 && class == NONE && segment == 0) continue;
    memset(control[i], 0, CONTROL_OCTETS);
    if (family == 6) {
      struct in6_pktinfo from = {.ipi6_ifindex = link};
      memcpy(&from.ipi6_addr, &row[16], 16);
      memcpy(add_control(m, control[i], IPPROTO_IPV6, IPV6_PKTINFO, sizeof from), &from, sizeof from);
    } else if (family == 4) {
      struct in_pktinfo from = {.ipi_ifindex = (int)link};
      memcpy(&from.ipi_spec_dst, &row[16], 4);
      memcpy(add_control(m, control[i], IPPROTO_IP, IP_PKTINFO, sizeof from), &from, sizeof from);
    }
    if (class != NONE) {
      int value = (int)(class & 0xff);
      bool six = name >= 2 && names[i].ss_family == AF_INET6;
      memcpy(add_control(m, control[i], six ? IPPROTO_IPV6 : IPPROTO_IP, six ? IPV6_TCLASS : IP_TOS, sizeof value),
             &value, sizeof value);
    }
    if (segment != 0) {
      uint16_t value = (uint16_t)segment;
      memcpy(add_control(m, control[i], IPPROTO_UDP, UDP_SEGMENT, sizeof value), &value, sizeof value);
    }
  }
  int sent;
  do sent = sendmmsg(h->fd, messages, wanted, MSG_DONTWAIT | MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return integer(env, sent < 0 ? -errno : sent);
}

/* read(buffer, slotSize, headroom, lengths, max): packets read, or -errno. For TUN devices. */
static napi_value handle_read(napi_env env, napi_callback_info info) {
  napi_value argv[5], self;
  uint8_t *data;
  uint32_t *lengths, slot, headroom, max;
  size_t size, words;
  handle *h;
  size_t count = arguments(env, info, 5, argv, &self);
  if (!(h = opened(env, self))) return NULL;
  if (count < 5 || !get_octets(env, argv[0], &data, &size) || !get_u32(env, argv[1], &slot) ||
      !get_u32(env, argv[2], &headroom) || !get_words(env, argv[3], &lengths, &words) ||
      !get_u32(env, argv[4], &max)) {
    return misuse(env, "read(buffer: Uint8Array, slotSize, headroom, lengths: Uint32Array, max)");
  }
  if (max < 1 || max > MAX_BATCH || headroom >= slot || (uint64_t)slot * max > size || max > words) {
    return misuse(env, "read: slots or lengths do not fit.");
  }
  uint32_t got = 0;
  while (got < max) {
    ssize_t length = read(h->fd, data + (size_t)slot * got + headroom, slot - headroom);
    if (length < 0 && errno == EINTR) continue;
    if (length < 0 && got == 0 && errno != EAGAIN && errno != EWOULDBLOCK) return integer(env, -errno);
    if (length <= 0) break;
    lengths[got++] = (uint32_t)length;
  }
  return integer(env, got);
}

/* write(buffer, table, count): packets written; rows are offset and length. For TUN devices. */
static napi_value handle_write(napi_env env, napi_callback_info info) {
  napi_value argv[3], self;
  uint8_t *data;
  uint32_t *table, wanted;
  size_t size, words;
  handle *h;
  size_t count = arguments(env, info, 3, argv, &self);
  if (!(h = opened(env, self))) return NULL;
  if (count < 3 || !get_octets(env, argv[0], &data, &size) || !get_words(env, argv[1], &table, &words) ||
      !get_u32(env, argv[2], &wanted)) {
    return misuse(env, "write(buffer: Uint8Array, table: Uint32Array, count)");
  }
  if (wanted > MAX_BATCH || (uint64_t)wanted * 2 > words) return misuse(env, "write: the table is too short.");
  for (uint32_t i = 0; i < wanted; i++) {
    if ((uint64_t)table[2 * i] + table[2 * i + 1] > size) return misuse(env, "write: a packet lies outside the buffer.");
  }
  uint32_t written = 0;
  for (uint32_t i = 0; i < wanted; i++) {
    ssize_t result;
    do result = write(h->fd, data + table[2 * i], table[2 * i + 1]);
    while (result < 0 && errno == EINTR);
    if (result >= 0) written++;
  }
  return integer(env, written);
}

/* ---- polling --------------------------------------------------------------------------------- */

static void on_poll(uv_poll_t *poll, int status, int events) {
  handle *h = ((poll_box *)poll->data)->owner;
  if (!h || h->fd < 0 || !h->home) return;
  napi_env env = h->home->env;
  int error = 0;
  (void)events;
  if (status < 0) {
    /* A pending socket error makes libuv report EBADF and stop. Fetching it clears it: go on. */
    socklen_t length = sizeof error;
    bool fatal = !h->socket || getsockopt(h->fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0;
    if (fatal) error = h->socket ? errno : EBADFD;
    if (!fatal && error == 0 && ++h->idle_errors > MAX_IDLE_ERRORS) {
      fatal = true;
      error = EIO;
    }
    if (!fatal && uv_poll_start(poll, UV_READABLE, on_poll) < 0) error = EIO;
  } else {
    h->idle_errors = 0;
  }
  napi_handle_scope scope;
  napi_value self, callback, argument, result;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  if (napi_get_reference_value(env, h->self, &self) == napi_ok && self &&
      napi_get_reference_value(env, h->callback, &callback) == napi_ok && callback) {
    napi_create_int32(env, error, &argument);
    napi_status called = napi_make_callback(env, h->context, self, callback, 1, &argument, &result);
    bool pending = false;
    if (called != napi_ok && napi_is_exception_pending(env, &pending) == napi_ok && pending) {
      napi_value thrown;
      if (napi_get_and_clear_last_exception(env, &thrown) == napi_ok) napi_fatal_exception(env, thrown);
    }
  }
  napi_close_handle_scope(env, scope);
}

/* poll(callback | null): calls back with 0 when readable, with errno after an error. */
static napi_value handle_poll(napi_env env, napi_callback_info info) {
  napi_value argv[1], self, name;
  napi_valuetype type;
  uv_loop_t *loop;
  handle *h;
  size_t count = arguments(env, info, 1, argv, &self);
  if (!(h = opened(env, self))) return NULL;
  if (count < 1 || napi_typeof(env, argv[0], &type) != napi_ok || (type != napi_function && type != napi_null)) {
    return misuse(env, "poll(callback: function | null)");
  }
  stop_poll(h, true);
  if (type == napi_null) return nothing(env);
  if (!h->home || h->home->ending || napi_get_uv_event_loop(env, &loop) != napi_ok) {
    return failure(env, ECANCELED, "uv_poll_init");
  }
  poll_box *box = calloc(1, sizeof *box);
  if (!box) return failure(env, ENOMEM, "calloc");
  int result = uv_poll_init(loop, &box->poll, h->fd);
  if (result < 0) {
    free(box);
    return failure(env, -result, "uv_poll_init");
  }
  box->poll.data = box;
  box->owner = h;
  box->home = h->home;
  h->box = box;
  h->idle_errors = 0;
  napi_create_string_utf8(env, "mipio", NAPI_AUTO_LENGTH, &name);
  if (napi_create_reference(env, self, 1, &h->self) != napi_ok ||
      napi_create_reference(env, argv[0], 1, &h->callback) != napi_ok ||
      napi_async_init(env, self, name, &h->context) != napi_ok ||
      (result = uv_poll_start(&box->poll, UV_READABLE, on_poll)) < 0) {
    stop_poll(h, true);
    return failure(env, result < 0 ? -result : ENOMEM, "uv_poll_start");
  }
  if (!h->referenced) uv_unref((uv_handle_t *)&box->poll);
  return nothing(env);
}

/* ref(on): whether a running poll keeps the process alive. */
static napi_value handle_ref(napi_env env, napi_callback_info info) {
  napi_value argv[1], self;
  bool on;
  handle *h;
  size_t count = arguments(env, info, 1, argv, &self);
  if (!(h = opened(env, self))) return NULL;
  if (count < 1 || napi_get_value_bool(env, argv[0], &on) != napi_ok) return misuse(env, "ref(on: boolean)");
  h->referenced = on;
  if (h->box && on) uv_ref((uv_handle_t *)&h->box->poll);
  if (h->box && !on) uv_unref((uv_handle_t *)&h->box->poll);
  return nothing(env);
}

/* ---- module ---------------------------------------------------------------------------------- */

/* The environment ends (process exit, worker thread): libuv must have closed every poll before. */
static void cleanup(napi_async_cleanup_hook_handle hook, void *data) {
  addon *home = data;
  home->ending = true;
  while (home->first) {
    handle *h = home->first;
    stop_poll(h, true);
    close_fd(h);
    unlink_handle(h); /* finalizers may run after `home` is gone */
  }
  if (home->closing == 0) {
    home->hook = NULL;
    napi_remove_async_cleanup_hook(hook);
  }
}

static void free_addon(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  free(data);
}

#define METHOD(text, function) {text, NULL, function, NULL, NULL, NULL, napi_default, NULL}

NAPI_MODULE_INIT() {
  const napi_property_descriptor methods[] = {
      {"fd", NULL, NULL, handle_fd, NULL, NULL, napi_default, NULL},
      METHOD("close", handle_close),         METHOD("bind", handle_bind),
      METHOD("connect", handle_connect),     METHOD("address", handle_address),
      METHOD("setOption", handle_set_option), METHOD("getOption", handle_get_option),
      METHOD("filter", handle_filter),       METHOD("receive", handle_receive),
      METHOD("send", handle_send),           METHOD("read", handle_read),
      METHOD("write", handle_write),         METHOD("poll", handle_poll),
      METHOD("ref", handle_ref),
  };
  const napi_property_descriptor functions[] = {
      METHOD("openSocket", open_socket),
      METHOD("openTun", open_tun),
      METHOD("linkIndex", link_index),
      METHOD("linkName", link_name),
      METHOD("inNamespace", in_namespace),
      METHOD("newNamespace", new_namespace),
      METHOD("peerCredentials", peer_credentials),
  };
  napi_value constructor;
  addon *home = calloc(1, sizeof *home);
  if (!home) return NULL;
  home->env = env;
  if (napi_define_class(env, "Handle", NAPI_AUTO_LENGTH, construct, NULL, sizeof methods / sizeof *methods,
                        methods, &constructor) != napi_ok ||
      napi_create_reference(env, constructor, 1, &home->constructor) != napi_ok ||
      napi_set_instance_data(env, home, free_addon, NULL) != napi_ok) {
    free(home);
    return NULL;
  }
  napi_add_async_cleanup_hook(env, cleanup, home, &home->hook);
  napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions);
  return exports;
}
