/* What all programs here share: the layout of a probe (see docs and the agent's ProbeFormat and Slots),
   clocks, and how a socket that measures is set up. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum {
  PROBE_BYTES = 1028, /* LLAMA's: 1,000 bytes of padding */
  AT_SIGNATURE = 2,   /* nonce 4, flow 3, sequence 3 */
  AT_TOS = 14,
  AT_SENT = 16,
  AT_SLOTS = 27,
  SLOTS_DIRECTION = AT_SLOTS + 3,
  SLOTS_RECEIVED = AT_SLOTS + 8,
  SLOTS_SENT = AT_SLOTS + 16,
  BATCH = 64
};

#define SECOND 1000000000LL

static inline int64_t now_of(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * SECOND + t.tv_nsec;
}

static inline void sleep_until(int64_t monotonic) {
  struct timespec t = {monotonic / SECOND, monotonic % SECOND};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR) {
  }
}

static inline void put64(uint8_t *at, uint64_t value) {
  value = __builtin_bswap64(value);
  memcpy(at, &value, 8);
}

static inline uint64_t get64(const uint8_t *at) {
  uint64_t value;
  memcpy(&value, at, 8);
  return __builtin_bswap64(value);
}

static inline void put32(uint8_t *at, uint32_t value) {
  value = htonl(value);
  memcpy(at, &value, 4);
}

static inline uint32_t get32(const uint8_t *at) {
  uint32_t value;
  memcpy(&value, at, 4);
  return ntohl(value);
}

/* A whole probe but for signature and time. */
static inline void frame(uint8_t *p) {
  memset(p, 0, PROBE_BYTES);
  p[0] = 0x0a, p[1] = 10;
  p[AT_TOS - 2] = 0x12, p[AT_TOS - 1] = 1;
  p[AT_SENT - 1] = 0x18;
  p[AT_SLOTS - 2] = 0x42, p[AT_SLOTS - 1] = 64;
  p[AT_SLOTS] = 'L', p[AT_SLOTS + 1] = 'M', p[AT_SLOTS + 2] = 1;
  int rest = PROBE_BYTES - (AT_SLOTS + 64) - 3;
  uint8_t *padding = p + AT_SLOTS + 64;
  padding[0] = 0x3a, padding[1] = (rest & 0x7f) | 0x80, padding[2] = rest >> 7;
}

static inline void signature(uint8_t *p, uint32_t nonce, uint32_t flow, uint32_t sequence) {
  put32(p + AT_SIGNATURE, nonce);
  put32(p + AT_SIGNATURE + 3, (nonce << 24) | (flow & 0xffffff));
  put32(p + AT_SIGNATURE + 6, (flow << 24) | (sequence & 0xffffff));
}

static inline uint32_t flow_of(const uint8_t *p) { return get32(p + AT_SIGNATURE + 3) & 0xffffff; }

static inline uint32_t sequence_of(const uint8_t *p) { return get32(p + AT_SIGNATURE + 6) & 0xffffff; }

/* Protobuf varint of always 9 bytes. */
static inline void sent_at(uint8_t *p, uint64_t nanos) {
  for (int i = 0; i < 8; i++) p[AT_SENT + i] = ((nanos >> (7 * i)) & 0x7f) | 0x80;
  p[AT_SENT + 8] = (nanos >> 56) & 0x7f;
}

static inline void fail(const char *what) {
  perror(what);
  exit(1);
}

static inline struct sockaddr_in address(uint32_t host, int port) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(host)};
  return a;
}

static inline uint32_t host_of(const char *text) {
  struct in_addr a;
  if (inet_pton(AF_INET, text, &a) != 1) {
    fprintf(stderr, "not an IPv4 address: %s\n", text);
    exit(2);
  }
  return ntohl(a.s_addr);
}

/* Bound, with kernel receive stamps, ToS of arrivals and a large receive buffer. */
static inline int open_socket(uint32_t host, int port) {
  int fd = socket(AF_INET, SOCK_DGRAM, 0), one = 1, bytes = 4 << 20;
  if (fd < 0) fail("socket");
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, 4)) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, 4);
  if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, 4)) fail("SO_TIMESTAMPNS");
  if (setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &one, 4)) fail("IP_RECVTOS");
  struct sockaddr_in a = address(host, port);
  if (bind(fd, (struct sockaddr *)&a, sizeof a)) fail("bind");
  return fd;
}

/* Room for a batch of arrivals. */
struct batch {
  struct mmsghdr headers[BATCH];
  struct sockaddr_in names[BATCH];
  struct iovec vectors[BATCH];
  uint8_t control[BATCH][256];
  uint8_t data[BATCH][2048];
};

static inline struct batch *new_batch(void) {
  struct batch *b = calloc(1, sizeof *b);
  if (!b) fail("calloc");
  return b;
}

static inline int receive(int fd, struct batch *b, int flags) {
  for (int i = 0; i < BATCH; i++) {
    b->vectors[i] = (struct iovec){b->data[i], sizeof b->data[i]};
    b->headers[i].msg_hdr = (struct msghdr){.msg_name = &b->names[i],
                                            .msg_namelen = sizeof b->names[i],
                                            .msg_iov = &b->vectors[i],
                                            .msg_iovlen = 1,
                                            .msg_control = b->control[i],
                                            .msg_controllen = sizeof b->control[i]};
  }
  return recvmmsg(fd, b->headers, BATCH, flags, NULL);
}

/* What the kernel told of an arrival. */
struct arrival {
  int64_t stamp; /* CLOCK_REALTIME */
  int tos;
  struct in_addr local; /* where it was sent to; 0 when not told */
};

static inline struct arrival arrival_of(struct msghdr *m) {
  struct arrival a = {0};
  for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS) {
      struct timespec t;
      memcpy(&t, CMSG_DATA(c), sizeof t);
      a.stamp = t.tv_sec * SECOND + t.tv_nsec;
    } else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS) {
      a.tos = *CMSG_DATA(c);
    } else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
      struct in_pktinfo info;
      memcpy(&info, CMSG_DATA(c), sizeof info);
      a.local = info.ipi_addr;
    }
  }
  return a;
}

/* Times in buckets of 100 ns up to 10 ms. */
enum { BUCKETS = 100000, BUCKET_NANOS = 100 };

struct times {
  uint32_t counts[BUCKETS];
  uint64_t all;
};

static inline void note(struct times *t, int64_t nanos) {
  int64_t bucket = nanos / BUCKET_NANOS;
  t->counts[bucket < 0 ? 0 : bucket >= BUCKETS ? BUCKETS - 1 : bucket]++;
  t->all++;
}

static inline double micros_at(const struct times *t, double share) {
  uint64_t seen = 0, wanted = (uint64_t)(share * t->all);
  for (int i = 0; i < BUCKETS; i++) {
    seen += t->counts[i];
    if (seen > wanted) return (i + 0.5) * BUCKET_NANOS / 1000.0;
  }
  return 0;
}
