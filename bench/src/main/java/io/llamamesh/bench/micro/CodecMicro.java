package io.llamamesh.bench.micro;

import io.llamamesh.agent.wire.ProbeFormat;
import io.llamamesh.agent.wire.ProbeKeys;
import io.llamamesh.agent.wire.ProbeParser;
import io.llamamesh.agent.wire.ProbeWriter;
import java.nio.ByteBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** The codec, on a probe of LLAMA's usual length outside of the heap, as sockets have it. */
@State(Scope.Thread)
public class CodecMicro {

  private static final int KEY = 1;
  private static final int LENGTH = ProbeFormat.datagramBytes(1000);
  private static final int NONCE = 0x1234_5678;
  private static final int FLOW = 77;

  private final ByteBuffer bytes = ByteBuffer.allocateDirect(LENGTH);
  private final ProbeParser parser = new ProbeParser();
  private final ProbeKeys keys = ProbeKeys.NONE.with(KEY, new byte[16], true);
  private int sequence;

  /** A probe that is written and signed. */
  public CodecMicro() {
    ProbeWriter.frame(bytes, LENGTH, 0);
    ProbeWriter.signature(bytes, NONCE, FLOW, sequence);
    keys.sign(bytes, 0, KEY);
  }

  /** Finds the fields of a datagram. */
  @Benchmark
  public int parse() {
    return parser.tryParse(bytes, 0, LENGTH) ? parser.sequence(bytes) : 0;
  }

  /** The fields that change from probe to probe. */
  @Benchmark
  public void write() {
    sequence++;
    ProbeWriter.signature(bytes, NONCE, FLOW, sequence);
    ProbeWriter.flags(bytes, 0);
    ProbeWriter.sent(bytes, sequence);
  }

  /** The same, and the seal. */
  @Benchmark
  public void writeAndSign() {
    write();
    keys.sign(bytes, 0, KEY);
  }

  /** True when the seal of a datagram is right. */
  @Benchmark
  public int verify() {
    return keys.verify(bytes, 0, LENGTH);
  }
}
