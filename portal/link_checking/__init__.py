"""Links that lead nowhere: collected from what is public, resolved inside without network, asked outside when that is allowed."""
