/* Sends probes at a rate and reads what comes back: the load under which reflectors are compared.
   Batches, so that it is never the bottleneck.
   load HOST PORT RATE SECONDS FLOWS  ->  sent=N received=N seconds=S */
#include "probe.h"

enum { MAX_FLOWS = 64 };

int main(int argc, char **argv) {
  if (argc != 6) {
    fprintf(stderr, "usage: load HOST PORT RATE SECONDS FLOWS\n");
    return 2;
  }
  struct sockaddr_in to = address(host_of(argv[1]), atoi(argv[2]));
  double rate = atof(argv[3]), seconds = atof(argv[4]);
  int flows = atoi(argv[5]);
  if (rate < 1 || seconds <= 0 || flows < 1 || flows > MAX_FLOWS) {
    fprintf(stderr, "load: RATE and SECONDS must be positive, FLOWS 1 to %d\n", MAX_FLOWS);
    return 2;
  }
  int sockets[MAX_FLOWS];
  uint32_t sequence[MAX_FLOWS] = {0}, nonce = (uint32_t)now_of(CLOCK_REALTIME);
  for (int i = 0; i < flows; i++) {
    sockets[i] = open_socket(INADDR_ANY, 0);
    if (connect(sockets[i], (struct sockaddr *)&to, sizeof to)) fail("connect");
  }
  static uint8_t probes[BATCH][PROBE_BYTES];
  static struct mmsghdr headers[BATCH];
  static struct iovec vectors[BATCH];
  for (int i = 0; i < BATCH; i++) {
    frame(probes[i]);
    vectors[i] = (struct iovec){probes[i], PROBE_BYTES};
    headers[i].msg_hdr.msg_iov = &vectors[i];
    headers[i].msg_hdr.msg_iovlen = 1;
  }
  struct batch *arrivals = new_batch();
  uint64_t sent = 0, received = 0;
  int64_t start = now_of(CLOCK_MONOTONIC), tick = start, end = start + (int64_t)(seconds * SECOND);
  int flow = 0;
  while (1) {
    int64_t now = now_of(CLOCK_MONOTONIC);
    uint64_t due = now >= end ? (uint64_t)(rate * seconds) : (uint64_t)(rate * (now - start) / SECOND);
    while (sent < due) {
      /* A few in a row on one flow, then the next flow. */
      int n = due - sent < 16 ? (int)(due - sent) : 16;
      int64_t stamp = now_of(CLOCK_REALTIME);
      for (int i = 0; i < n; i++) {
        signature(probes[i], nonce, flow, sequence[flow]++);
        sent_at(probes[i], stamp);
      }
      int done = sendmmsg(sockets[flow], headers, n, 0);
      if (done < 0 && errno != ECONNREFUSED && errno != EAGAIN && errno != ENOBUFS) fail("sendmmsg");
      sent += n; /* what did not leave was offered all the same */
      flow = (flow + 1) % flows;
    }
    for (int i = 0; i < flows; i++) {
      int n;
      do {
        n = receive(sockets[i], arrivals, MSG_DONTWAIT);
        if (n > 0) received += n;
      } while (n == BATCH);
    }
    if (now >= end + SECOND / 10) break;
    tick += SECOND / 1000;
    sleep_until(tick);
  }
  printf("sent=%llu received=%llu seconds=%.3f\n", (unsigned long long)sent, (unsigned long long)received, seconds);
  return 0;
}
