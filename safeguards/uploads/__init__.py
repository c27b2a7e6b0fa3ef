"""Files of citizens: what is taken, where it stands, who looks at it, and when it goes. The door is `services`."""
