import Models

print("hi")
