package io.llamamesh.agent.net;

import java.nio.ByteBuffer;

/**
 * One entry of a socket's error queue. The object is used again for the next: read it inside {@link
 * ErrorSink#accept}.
 *
 * <p>Anybody can send an ICMP error from any address. An error therefore proves no more than what
 * it quotes of the datagram; only one that {@link #isLocal} comes from our own system.
 */
public final class QueuedError {

  /** Most bytes of a datagram that are kept of a quote: the signed part of a probe. */
  public static final int QUOTED_BYTES = 96;

  PeerError kind = PeerError.OTHER;
  boolean local;
  long high;
  long low;
  int port;
  int detail;
  ByteBuffer quote = ByteBuffer.allocate(0);
  int quoteOffset;
  int quoteLength;

  QueuedError() {}

  /** Kind of the error. */
  public PeerError kind() {
    return kind;
  }

  /** Returns whether our own system is the source of the error. */
  public boolean isLocal() {
    return local;
  }

  /** Upper 64 bits of the address that the failed datagram went to (see {@link Ip}). */
  public long high() {
    return high;
  }

  /** Lower 64 bits of that address. */
  public long low() {
    return low;
  }

  /**
   * Port that the failed datagram went to; 0 where the system does not report it, as for IPv4
   * datagrams that are {@link PeerError#TOO_BIG} for our own interface.
   */
  public int port() {
    return port;
  }

  /** The path MTU in bytes for {@link PeerError#TOO_BIG}, else the system's error number. */
  public int detail() {
    return detail;
  }

  /** Buffer that holds the quote, big-endian; use absolute access from {@link #quoteOffset} on. */
  public ByteBuffer quote() {
    return quote;
  }

  /** Offset of the quoted payload of the failed datagram. */
  public int quoteOffset() {
    return quoteOffset;
  }

  /**
   * Number of bytes of the failed datagram's payload that are quoted, at most {@value
   * #QUOTED_BYTES}; none where a router quotes only headers (RFC 792), and where the error is
   * local.
   */
  public int quoteLength() {
    return quoteLength;
  }
}
