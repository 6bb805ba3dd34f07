/* Probes many targets over a few source ports by the method of our collector: one tick reads all
   ports in batches, then stamps and sends each probe that came due by itself.
   collector FIRST_TARGET TARGETS PORT SOURCE_PORTS RATE SECONDS COUNTERS
   COUNTERS: a file of two native 64-bit numbers, sent and received, that is kept current.
   At the end: sent=N received=N p50=µs p99=µs corrected_p50=µs corrected_p99=µs */
#include "probe.h"
#include <fcntl.h>
#include <sys/mman.h>

enum { RING = 1024, MAX_PORTS = 64 };

struct flow {
  struct sockaddr_in to;
  int source;
  uint32_t next;
  int64_t sent[RING]; /* by sequence; 0 once answered */
};

int main(int argc, char **argv) {
  if (argc != 8) {
    fprintf(stderr, "usage: collector FIRST_TARGET TARGETS PORT SOURCE_PORTS RATE SECONDS COUNTERS\n");
    return 2;
  }
  uint32_t first = host_of(argv[1]);
  int targets = atoi(argv[2]), port = atoi(argv[3]), ports = atoi(argv[4]);
  double rate = atof(argv[5]), seconds = atof(argv[6]);
  if (targets < 1 || ports < 1 || ports > MAX_PORTS || rate < 1 || seconds <= 0) {
    fprintf(stderr, "collector: TARGETS, RATE, SECONDS must be positive, SOURCE_PORTS 1 to %d\n", MAX_PORTS);
    return 2;
  }
  int file = open(argv[7], O_RDWR | O_CREAT, 0600);
  if (file < 0 || ftruncate(file, 16)) fail(argv[7]);
  volatile uint64_t *counters = mmap(NULL, 16, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (counters == MAP_FAILED) fail("mmap");
  int count = targets * ports;
  struct flow *flows = calloc(count, sizeof *flows);
  static struct times rtts, corrected;
  if (!flows) fail("calloc");
  int sockets[MAX_PORTS];
  for (int i = 0; i < ports; i++) sockets[i] = open_socket(INADDR_ANY, 0);
  for (int i = 0; i < count; i++) {
    flows[i].to = address(first + i % targets, port);
    flows[i].source = sockets[i / targets];
  }
  uint8_t p[PROBE_BYTES];
  frame(p);
  struct batch *b = new_batch();
  uint32_t nonce = (uint32_t)now_of(CLOCK_REALTIME);
  int64_t length = rate < 5000 ? SECOND / 100 : SECOND / 1000;
  int64_t start = now_of(CLOCK_MONOTONIC), tick = start, end = start + (int64_t)(seconds * SECOND);
  uint64_t sent = 0, received = 0;
  while (1) {
    for (int s = 0; s < ports; s++) {
      int n;
      do {
        n = receive(sockets[s], b, MSG_DONTWAIT);
        for (int i = 0; i < n; i++) {
          uint8_t *reply = b->data[i];
          uint32_t flow = flow_of(reply), sequence = sequence_of(reply);
          if (b->headers[i].msg_len != PROBE_BYTES || get32(reply + AT_SIGNATURE) != nonce || flow >= (uint32_t)count) {
            continue;
          }
          int64_t *at = &flows[flow].sent[sequence % RING];
          if (!*at) continue;
          struct arrival a = arrival_of(&b->headers[i].msg_hdr);
          int64_t rtt = a.stamp - *at;
          *at = 0;
          received++;
          note(&rtts, rtt);
          if (reply[SLOTS_DIRECTION] == 1) {
            note(&corrected, rtt - (int64_t)(get64(reply + SLOTS_SENT) - get64(reply + SLOTS_RECEIVED)));
          }
        }
      } while (n == BATCH);
    }
    counters[1] = received;
    int64_t now = now_of(CLOCK_MONOTONIC);
    if (now >= end + SECOND / 2) break;
    uint64_t due = now >= end ? sent : (uint64_t)(rate * (now - start) / SECOND);
    while (sent < due) {
      struct flow *f = &flows[sent % count];
      struct iovec vector = {p, PROBE_BYTES};
      struct msghdr message = {.msg_name = &f->to, .msg_namelen = sizeof f->to, .msg_iov = &vector, .msg_iovlen = 1};
      signature(p, nonce, sent % count, f->next);
      int64_t stamp = now_of(CLOCK_REALTIME);
      sent_at(p, stamp);
      f->sent[f->next++ % RING] = stamp;
      if (sendmsg(f->source, &message, MSG_DONTWAIT) < 0 && errno != ECONNREFUSED) fail("sendmsg");
      sent++;
    }
    counters[0] = sent;
    tick += length;
    if (tick < now) tick = now;
    sleep_until(tick);
  }
  printf("sent=%llu received=%llu p50=%.2f p99=%.2f corrected_p50=%.2f corrected_p99=%.2f\n",
         (unsigned long long)sent, (unsigned long long)received, micros_at(&rtts, 0.50), micros_at(&rtts, 0.99),
         micros_at(&corrected, 0.50), micros_at(&corrected, 0.99));
  return 0;
}
