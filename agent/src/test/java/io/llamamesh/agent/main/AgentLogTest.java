package io.llamamesh.agent.main;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.Configurator.ExecutionStatus;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;

/** Whose log it is. */
class AgentLogTest {

  private static Configurator found() {
    return ServiceLoader.load(Configurator.class).stream()
        .filter(provider -> provider.type() == AgentLog.class)
        .findFirst()
        .orElseThrow()
        .get();
  }

  /** Other programs have the agent's classes beside theirs. */
  @Test
  void itStepsBackWhereTheAgentIsNotTheProgram() {
    LoggerContext context = new LoggerContext();

    assertThat(found().configure(context)).isEqualTo(ExecutionStatus.INVOKE_NEXT_IF_ANY);
    assertThat(context.getLogger("ROOT").iteratorForAppenders().hasNext()).isFalse();
  }
}
