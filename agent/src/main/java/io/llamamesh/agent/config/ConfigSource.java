package io.llamamesh.agent.config;

/** Where documents come from for as long as it is open. */
public interface ConfigSource extends AutoCloseable {

  /** Hands over no more documents. */
  @Override
  void close();
}
