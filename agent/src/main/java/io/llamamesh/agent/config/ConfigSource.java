package io.llamamesh.agent.config;

/** Source of config documents, until it is closed. */
public interface ConfigSource extends AutoCloseable {

  /** Hands over no more documents. */
  @Override
  void close();
}
