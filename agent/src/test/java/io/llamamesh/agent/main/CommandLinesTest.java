package io.llamamesh.agent.main;

import io.llamamesh.testkit.junit.CommandLineRules;

class CommandLinesTest extends CommandLineRules {
  CommandLinesTest() {
    super(
        AgentMain::commandLine,
        "llama-mesh agent",
        "llama-mesh reflector",
        "llama-mesh collector",
        "llama-mesh send",
        "llama-mesh members",
        "llama-mesh routes",
        "llama-mesh partitions",
        "llama-mesh kv get",
        "llama-mesh kv op",
        "llama-mesh kv watch",
        "llama-mesh multicast send",
        "llama-mesh multicast watch");
  }
}
