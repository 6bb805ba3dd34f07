package io.llamamesh.bench.reference;

import java.io.IOException;
import java.net.InetSocketAddress;

/** Something that sends probes to a reflector at a rate, the same to all that are compared. */
public interface Load {

  /**
   * The result.
   *
   * @param sent probes that were offered
   * @param received replies
   */
  record Result(long sent, long received) {}

  /**
   * Sends 1,028-byte probes with our slots, and reads the replies until shortly after the last.
   *
   * @param rate probes per second
   * @param flows source ports
   */
  Result run(InetSocketAddress to, int rate, int seconds, int flows)
      throws IOException, InterruptedException;
}
